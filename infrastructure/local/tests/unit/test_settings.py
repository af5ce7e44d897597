from pathlib import Path

import pytest

from stack.errors import SettingError
from stack.settings import DEFAULT_PORTS, DEFAULT_STATE, Mode, load_settings


class TestLoadSettings:
    def test_has_defaults(self) -> None:
        settings = load_settings({"STATE": "/nonexistent/stack"})

        assert settings.ports == DEFAULT_PORTS
        assert settings.mode is Mode.DEVELOPMENT
        assert settings.seeded
        assert settings.shop_url == "http://127.0.0.1:8080"
        assert load_settings({"PORTS": ""}).state == DEFAULT_STATE

    def test_remembers_a_choice(self, tmp_path: Path) -> None:
        # Given
        load_settings({"STATE": str(tmp_path), "ORDERS_DB_PORT": "30000", "MODE": "prod"}).save()

        # When
        settings = load_settings({"STATE": str(tmp_path)})

        # Then
        assert settings.ports["orders-db"] == 30000
        assert settings.mode is Mode.PRODUCTION
        assert not settings.seeded

    def test_prefers_a_new_choice_to_the_remembered_one(self, tmp_path: Path) -> None:
        # Given
        load_settings({"STATE": str(tmp_path), "SHOP_PORT": "30000", "MODE": "prod"}).save()

        # When
        settings = load_settings({"STATE": str(tmp_path), "SHOP_PORT": "30001", "SEED": "demo"})

        # Then
        assert settings.ports["shop"] == 30001
        assert settings.seeded

    def test_remembers_observability_until_it_is_turned_off(self, tmp_path: Path) -> None:
        # Given
        load_settings({"STATE": str(tmp_path), "OBSERVABILITY": "1"}).save()

        # When
        remembered = load_settings({"STATE": str(tmp_path)})
        off = load_settings({"STATE": str(tmp_path), "OBSERVABILITY": "0"})

        # Then
        assert (remembered.observability, off.observability) == (True, False)
        assert not load_settings({"STATE": "/nonexistent/stack"}).observability

    def test_finds_different_free_ports_and_remembers_them(self, tmp_path: Path) -> None:
        # Given
        first = load_settings({"STATE": str(tmp_path), "PORTS": "free"})
        first.save()

        # When
        second = load_settings({"STATE": str(tmp_path), "PORTS": "free"})

        # Then
        assert len(set(first.ports.values())) == len(DEFAULT_PORTS)
        assert first.ports.keys() == DEFAULT_PORTS.keys()
        assert second.ports == first.ports

    def test_finds_one_free_port_for_port_0(self, tmp_path: Path) -> None:
        settings = load_settings({"STATE": str(tmp_path), "KAFKA_PORT": "0"})

        assert settings.ports["kafka"] not in {0, DEFAULT_PORTS["kafka"]}
        assert settings.ports["shop"] == DEFAULT_PORTS["shop"]

    @pytest.mark.parametrize(
        ("variables", "message"),
        [
            ({"SHOP_PORT": "http"}, "SHOP_PORT=http is not a port"),
            ({"SHOP_PORT": "65536"}, "SHOP_PORT=65536 is not a port"),
            ({"SHOP_PORT": "8000"}, "SHOP_PORT and GATEWAY_PORT are both 8000"),
            ({"MODE": "staging"}, "MODE=staging is neither dev nor prod"),
            ({"SEED": "big"}, "SEED=big is unknown"),
            ({"SHOP_TIME_ZONE": "Mars/Base"}, "SHOP_TIME_ZONE=Mars/Base is not a time zone"),
            ({"WEB": "all"}, "WEB=all is unknown"),
            ({"OBSERVABILITY": "yes"}, "OBSERVABILITY=yes is neither 1 nor 0"),
            ({"PORTS": "any"}, "PORTS=any is unknown"),
        ],
    )
    def test_names_an_invalid_value(self, variables: dict[str, str], message: str) -> None:
        with pytest.raises(SettingError, match=message):
            load_settings({"STATE": "/nonexistent/stack", **variables})
