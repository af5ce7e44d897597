"""Settings come from the environment, or from the file that NAME_FILE names.

The one place that reads the environment: every other module is handed what it needs.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import Field, HttpUrl, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class Environment(StrEnum):
    """Where a service runs; anything but development is strict."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


MAY_BE_ABSENT = "its file may be absent"
"""Marks, in `Annotated`, a setting that is not there as long as the file that is named is not."""


class FileSource(PydanticBaseSettingsSource):
    """Reads a setting from the file that the variable NAME_FILE names, as container secrets are."""

    def get_field_value(
        self,
        field: FieldInfo,
        field_name: str,
    ) -> tuple[Any, str, bool]:
        """Return the file's text without its last line end.

        It is None where NAME_FILE is not set, and an empty file is as one not set.
        """
        path = os.environ.get(f"{field_name.upper()}_FILE")  # noqa: TID251
        if not path or (MAY_BE_ABSENT in field.metadata and not Path(path).exists()):
            return None, field_name, False
        return Path(path).read_text(encoding="utf-8").rstrip("\n") or None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the settings that come from files."""
        values = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """What every service is told.

    `drain_seconds` is how long a service that is told to end takes leave of its callers: longer
    than they keep an idle connection, where no request may be lost.

    Raises:
        pydantic.ValidationError: A setting is missing or malformed, or a development default is
            used outside development.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    environment: Environment = Environment.PRODUCTION
    host: str = "127.0.0.1"
    port: int
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
        """Take arguments first, then files, then the environment; nothing else."""
        return init_settings, FileSource(settings_cls), env_settings

    @property
    def development(self) -> bool:
        """Whether this is a developer's machine."""
        return self.environment is Environment.DEVELOPMENT

    @property
    def traces_endpoint(self) -> str | None:
        """Where traces are sent, by OTLP over HTTP; None where there are to be none."""
        if self.otel_sdk_disabled:
            return None
        if self.otel_exporter_otlp_traces_endpoint:
            return str(self.otel_exporter_otlp_traces_endpoint)
        if self.otel_exporter_otlp_endpoint:
            return f"{str(self.otel_exporter_otlp_endpoint).rstrip('/')}/v1/traces"
        return None

    @model_validator(mode="after")
    def _refuse_what_is_for_development_only(self) -> Self:
        if not self.development and self.chaos_endpoints:
            raise ValueError("CHAOS_ENDPOINTS may be on in development only")
        return self


class MongoSettings(Settings):
    """Settings of a service with a database."""

    mongo_url: SecretStr

    @model_validator(mode="after")
    def _refuse_a_database_without_password(self) -> Self:
        if not self.development and "@" not in self.mongo_url.get_secret_value():
            raise ValueError("MONGO_URL has no credentials; only development may do without")
        return self


class KafkaSettings(MongoSettings):
    """Settings of a service that sends and receives events."""

    kafka_bootstrap_servers: str
    topic_partitions: int = 12
    topic_replication_factor: int = 1
