"""Settings from the environment, or from the file that NAME_FILE names.

This is the only module that reads the environment. All others receive their settings as arguments.
"""

import os
import ssl
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, FilePath, HttpUrl, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

KafkaConnection = Mapping[str, Any]
"""The options with which aiokafka's clients connect."""


class Environment(StrEnum):
    """Where a service runs. Checks that only development may skip apply everywhere else."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


OPTIONAL_FILE = "its file may be missing"
"""Marks a setting, in `Annotated`, that is unset if the file that NAME_FILE names is missing."""


class FileSource(PydanticBaseSettingsSource):
    """Reads a setting from the file that the variable NAME_FILE names, for container secrets."""

    def get_field_value(
        self,
        field: FieldInfo,
        field_name: str,
    ) -> tuple[Any, str, bool]:
        """Return the file's text without trailing newlines.

        The value is None if NAME_FILE is not set or the file is empty.
        """
        path = os.environ.get(f"{field_name.upper()}_FILE")  # noqa: TID251
        if not path or (OPTIONAL_FILE in field.metadata and not Path(path).exists()):
            return None, field_name, False
        return Path(path).read_text(encoding="utf-8").rstrip("\n") or None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return all settings that come from files."""
        values = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """Settings of every service.

    Attributes:
        port: The port for callers.
        monitoring_port: The port of `/ready` and `/metrics`, 0 for any free one.
        drain_seconds: How long the service keeps answering after SIGTERM while it closes its
            connections. To lose no request, this must be longer than clients keep idle
            connections open.

    Raises:
        pydantic.ValidationError: A setting is missing or malformed, or a development default is
            used outside development.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    environment: Environment = Environment.PRODUCTION
    host: str = "127.0.0.1"
    port: int
    monitoring_port: int = 0
    log_level: str = "INFO"
    chaos_endpoints: bool = False
    drain_seconds: float = Field(default=0, ge=0)
    otel_exporter_otlp_endpoint: HttpUrl | None = None
    otel_exporter_otlp_traces_endpoint: HttpUrl | None = None
    otel_sdk_disabled: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then files, then the environment, and nothing else."""
        return init_settings, FileSource(settings_cls), env_settings

    @property
    def development(self) -> bool:
        """Whether the service runs on a developer's machine."""
        return self.environment is Environment.DEVELOPMENT

    @property
    def traces_endpoint(self) -> str | None:
        """The URL that receives traces as OTLP over HTTP, or None if traces are off."""
        if self.otel_sdk_disabled:
            return None
        if self.otel_exporter_otlp_traces_endpoint:
            return str(self.otel_exporter_otlp_traces_endpoint)
        if self.otel_exporter_otlp_endpoint:
            return f"{str(self.otel_exporter_otlp_endpoint).rstrip('/')}/v1/traces"
        return None

    @model_validator(mode="after")
    def _refuse_chaos_endpoints_in_production(self) -> Self:
        if not self.development and self.chaos_endpoints:
            raise ValueError("CHAOS_ENDPOINTS may be on in development only")
        return self


class MongoSettings(Settings):
    """Settings of a service with a database.

    Attributes:
        mongo_url: The address of the database, with the user and the password.
        tls_ca_path: The certificate of the authority that signs the certificates of the database
            and of Kafka. Without it, connections are not encrypted.
    """

    mongo_url: SecretStr
    tls_ca_path: FilePath | None = None

    @model_validator(mode="after")
    def _refuse_a_database_without_password(self) -> Self:
        if not self.development and "@" not in self.mongo_url.get_secret_value():
            raise ValueError("MONGO_URL needs credentials outside development")
        return self


class MailSwitch(StrEnum):
    """Whether the shop sends mail."""

    ON = "on"
    OFF = "off"


class SmtpSecurity(StrEnum):
    """How the connection to the SMTP server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailSettings(Settings):
    """Settings of a service that sends mail.

    Attributes:
        mail: `off` sends no mail, and stores none. Then the other settings are not needed.
        mail_sender: The sender of all mails, such as `Kiosk <shop@example.com>`.
        public_url: The address of the shop, with which the links in mails begin.
        shop_currency: The currency of prices in mails, as ISO 4217 abbreviates it.
        smtp_host: The host of the SMTP server.
        smtp_port: Its port.
        smtp_security: How the connection is encrypted. `none` allows no log-in.
        smtp_user: The name to log in with, if the server needs one.
        smtp_password: The password to log in with.
    """

    mail: MailSwitch = MailSwitch.ON
    mail_sender: str = ""
    public_url: HttpUrl | None = None
    shop_currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    smtp_user: str = ""
    smtp_password: Annotated[SecretStr | None, OPTIONAL_FILE] = None

    @property
    def sends_mail(self) -> bool:
        """Whether the shop sends mail."""
        return self.mail is MailSwitch.ON

    @property
    def shop_address(self) -> str:
        """The address of the shop without a slash at its end, empty if it is not set."""
        return str(self.public_url or "").rstrip("/")

    @model_validator(mode="after")
    def _require_the_settings_of_mail(self) -> Self:
        if not self.sends_mail:
            return self
        if not (self.mail_sender and self.public_url and self.smtp_host):
            raise ValueError("set MAIL_SENDER, PUBLIC_URL and SMTP_HOST, or MAIL=off")
        if self.smtp_user and self.smtp_security is SmtpSecurity.NONE:
            raise ValueError("SMTP_USER needs an encrypted connection (SMTP_SECURITY)")
        return self


class KafkaSettings(MongoSettings):
    """Settings of a service that sends and receives events.

    Attributes:
        kafka_username: The user at the brokers. Without it, connections are neither authenticated
            nor encrypted.
        kafka_password: The password of this user.
    """

    kafka_bootstrap_servers: str
    kafka_username: str = ""
    kafka_password: SecretStr | None = None
    topic_partitions: int = 12
    topic_replication_factor: int = 1

    @property
    def kafka_connection(self) -> KafkaConnection:
        """The options with which aiokafka's clients connect."""
        if self.kafka_password is None:
            return {"bootstrap_servers": self.kafka_bootstrap_servers}
        return {
            "bootstrap_servers": self.kafka_bootstrap_servers,
            "security_protocol": "SASL_SSL",
            "ssl_context": ssl.create_default_context(cafile=self.tls_ca_path),
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": self.kafka_username,
            "sasl_plain_password": self.kafka_password.get_secret_value(),
        }

    @model_validator(mode="after")
    def _require_all_parts_of_an_authenticated_connection(self) -> Self:
        if self.kafka_password and not (self.kafka_username and self.tls_ca_path):
            raise ValueError("KAFKA_PASSWORD needs KAFKA_USERNAME and TLS_CA_PATH")
        if self.kafka_username and not self.kafka_password:
            raise ValueError("KAFKA_USERNAME needs KAFKA_PASSWORD")
        return self
