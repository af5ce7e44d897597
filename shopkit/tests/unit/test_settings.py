import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from shopkit.settings import OPTIONAL_FILE, Environment, KafkaSettings, MongoSettings, Settings

SECRET_URL = "mongodb://shop:secret@db/shop"


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which nothing is set but a port."""
    for name in KafkaSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    monkeypatch.setenv("PORT", "8001")
    return monkeypatch


class TestSettings:
    def test_are_strict_by_default(self, env: pytest.MonkeyPatch) -> None:
        settings = Settings()
        assert settings.environment is Environment.PRODUCTION
        assert not settings.development
        assert (settings.host, settings.port, settings.log_level) == ("127.0.0.1", 8001, "INFO")
        assert not settings.chaos_endpoints

    def test_are_read_from_the_environment(self, env: pytest.MonkeyPatch) -> None:
        # Given
        env.setenv("ENVIRONMENT", "development")
        env.setenv("LOG_LEVEL", "DEBUG")
        env.setenv("CHAOS_ENDPOINTS", "true")
        # When
        settings = Settings()
        # Then
        assert settings.development
        assert settings.log_level == "DEBUG"
        assert settings.chaos_endpoints

    def test_treats_an_empty_variable_as_unset(self, env: pytest.MonkeyPatch) -> None:
        env.setenv("LOG_LEVEL", "")
        assert Settings().log_level == "INFO"

    def test_arguments_take_precedence_over_the_environment(self, env: pytest.MonkeyPatch) -> None:
        assert Settings(port=9000).port == 9000

    def test_is_immutable(self, env: pytest.MonkeyPatch) -> None:
        settings = Settings()
        with pytest.raises(ValidationError, match="frozen"):
            settings.port = 1  # type: ignore[misc]

    def test_refuses_a_missing_setting(self, env: pytest.MonkeyPatch) -> None:
        env.delenv("PORT")
        with pytest.raises(ValidationError, match="port"):
            Settings()

    @pytest.mark.parametrize(
        ("name", "value"), [("PORT", "eighty"), ("ENVIRONMENT", "staging"), ("PORT", "80.5")]
    )
    def test_refuses_a_malformed_setting(
        self, env: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        env.setenv(name, value)
        with pytest.raises(ValidationError, match=name.lower()):
            Settings()

    def test_refuses_chaos_endpoints_outside_development(self, env: pytest.MonkeyPatch) -> None:
        env.setenv("CHAOS_ENDPOINTS", "true")
        with pytest.raises(ValidationError, match="CHAOS_ENDPOINTS may be on in development only"):
            Settings()


class TestTracesEndpoint:
    @pytest.mark.parametrize(
        ("given", "endpoint"),
        [
            ({}, None),
            ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, None),
            ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, "http://c:4318/v1/traces"),
            ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c/otlp/"}, "https://c/otlp/v1/traces"),
            ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/here"}, "http://c:4318/here"),
            (
                {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"},
                None,
            ),
        ],
    )
    def test_follows_opentelemetrys_variables(
        self, env: pytest.MonkeyPatch, given: dict[str, str], endpoint: str | None
    ) -> None:
        for name, value in given.items():
            env.setenv(name, value)
        assert Settings().traces_endpoint == endpoint

    def test_refuses_an_invalid_url(self, env: pytest.MonkeyPatch) -> None:
        env.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "jaeger:4318")
        with pytest.raises(ValidationError, match="otel_exporter_otlp_endpoint"):
            Settings()


class TestFileSource:
    def test_reads_the_file_that_a_variable_names(
        self, env: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        # Given
        (tmp_path / "url").write_text(f"{SECRET_URL}\n", encoding="utf-8")
        env.setenv("MONGO_URL_FILE", str(tmp_path / "url"))
        env.setenv("MONGO_URL", "mongodb://from@environment")
        # When
        settings = MongoSettings()
        # Then: the file outweighs the environment, and loses its last line end only.
        assert settings.mongo_url.get_secret_value() == SECRET_URL

    def test_refuses_a_missing_file(self, env: pytest.MonkeyPatch, tmp_path: Path) -> None:
        env.setenv("MONGO_URL_FILE", str(tmp_path / "absent"))
        with pytest.raises(FileNotFoundError):
            MongoSettings()

    def test_treats_an_empty_file_as_unset(self, env: pytest.MonkeyPatch, tmp_path: Path) -> None:
        (tmp_path / "url").write_text("\n", encoding="utf-8")
        env.setenv("MONGO_URL_FILE", str(tmp_path / "url"))
        with pytest.raises(ValidationError, match="Field required"):
            MongoSettings()

    def test_an_optional_file_may_be_missing(self, env: pytest.MonkeyPatch, tmp_path: Path) -> None:
        # Given
        class Turning(Settings):
            old: Annotated[str, OPTIONAL_FILE] = "none"

        file = tmp_path / "old"
        env.setenv("OLD_FILE", str(file))
        # When / Then
        assert Turning().old == "none"
        file.write_text("a key\n", encoding="utf-8")
        assert Turning().old == "a key"
        file.write_text("\n", encoding="utf-8")
        assert Turning().old == "none"


class TestMongoSettings:
    def test_refuses_a_database_without_password_outside_development(
        self, env: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(ValidationError, match="MONGO_URL needs credentials"):
            MongoSettings(mongo_url="mongodb://db/shop")

    def test_accepts_it_in_development(self, env: pytest.MonkeyPatch) -> None:
        settings = MongoSettings(environment="development", mongo_url="mongodb://db")
        assert settings.mongo_url.get_secret_value() == "mongodb://db"

    def test_hides_the_password(self, env: pytest.MonkeyPatch) -> None:
        settings = MongoSettings(mongo_url=SECRET_URL)
        assert "secret@" not in repr(settings)
        assert "secret@" not in str(settings.model_dump())


class TestKafkaSettings:
    def test_topics_have_12_partitions_by_default(self, env: pytest.MonkeyPatch) -> None:
        # Given
        env.setenv("MONGO_URL", SECRET_URL)
        env.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
        env.setenv("TOPIC_REPLICATION_FACTOR", "3")
        # When
        settings = KafkaSettings()
        # Then
        assert settings.kafka_bootstrap_servers == "kafka:9092"
        assert (settings.topic_partitions, settings.topic_replication_factor) == (12, 3)

    @pytest.fixture
    def authority(self, tmp_path: Path) -> Path:
        """The file of a certificate that signs itself."""
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        file = tmp_path / "ca.crt"
        file.write_bytes(certificate.public_bytes(Encoding.PEM))
        return file

    def test_connects_without_authentication_by_default(self, env: pytest.MonkeyPatch) -> None:
        settings = KafkaSettings(mongo_url=SECRET_URL, kafka_bootstrap_servers="kafka:9092")
        assert settings.kafka_connection == {"bootstrap_servers": "kafka:9092"}

    def test_connects_over_tls_with_a_password(
        self, env: pytest.MonkeyPatch, authority: Path
    ) -> None:
        # Given
        values: dict[str, Any] = {"kafka_username": "orders-ms", "kafka_password": "a password"}
        values |= {"mongo_url": SECRET_URL, "kafka_bootstrap_servers": "kafka:9092"}
        # When
        settings = KafkaSettings(**values, tls_ca_path=authority)
        # Then
        connection = dict(settings.kafka_connection)
        context = connection.pop("ssl_context")
        assert connection == {
            "bootstrap_servers": "kafka:9092",
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": "orders-ms",
            "sasl_plain_password": "a password",
        }
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert "a password" not in repr(settings)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"kafka_password": "a password"}, "KAFKA_PASSWORD needs KAFKA_USERNAME and TLS"),
            (
                {"kafka_password": "a password", "kafka_username": "orders-ms"},
                "KAFKA_PASSWORD needs KAFKA_USERNAME and TLS_CA_PATH",
            ),
            ({"kafka_username": "orders-ms"}, "KAFKA_USERNAME needs KAFKA_PASSWORD"),
        ],
    )
    def test_refuses_an_incomplete_connection(
        self, env: pytest.MonkeyPatch, values: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(ValidationError, match=message):
            KafkaSettings(mongo_url=SECRET_URL, kafka_bootstrap_servers="kafka:9092", **values)
