"""The settings of a stack, which its state folder remembers."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stack.errors import SettingError
from stack.ports import free_ports

REPOSITORY = Path(__file__).resolve().parents[3]
LOCAL = REPOSITORY / ".local"
DEFAULT_STATE = LOCAL / "stack"

DEFAULT_PORTS = {
    "shop": 8080,
    "gateway": 8000,
    "authentication": 8001,
    "products": 8002,
    "orders": 8003,
    "gateway-monitoring": 9000,
    "authentication-monitoring": 9001,
    "products-monitoring": 9002,
    "orders-monitoring": 9003,
    "web": 5173,
    "mail": 8025,
    "smtp": 1025,
    "stripe": 8026,
    "authentication-db": 27017,
    "products-db": 27018,
    "orders-db": 27019,
    "kafka": 9092,
    "kafka-controller": 9093,
    "prometheus": 9090,
    "kafka-metrics": 9404,
    "nginx-metrics": 3903,
}
REPLICATED = (
    "authentication-db",
    "products-db",
    "orders-db",
    "kafka",
    "kafka-controller",
    "kafka-metrics",
)
"""The ports of servers that may have several members."""


class Mode(StrEnum):
    """How the services and the web shop run."""

    DEVELOPMENT = "dev"
    PRODUCTION = "prod"


@dataclass(frozen=True)
class Settings:
    """One stack's settings.

    Args:
        state: The folder of all files that this stack writes.
        ports: A port for each name in DEFAULT_PORTS.
        mode: Development, with reload and Vite, or production.
        seed: "demo" loads the demo data also in production mode.
        log_level: The services' log level.
        web: "none" leaves the web shop out; it is neither built nor served.
        shop_time_zone: The time zone of the shop's days in the statistics, by its IANA name.
        shop_language: The language by whose rules names are sorted, as MongoDB calls it.
        mail: "off" sends no mail; otherwise a program of the stack receives it.
        bank_iban: The account for transfers. With demo data, there is one of an example.
        bank_holder: The holder of the account.
        trusted_proxies: Addresses and ranges of the proxies in front of nginx, separated by commas.
        members: How many members each database and Kafka have, 1 or 3.
        observability: Whether Prometheus runs beside the shop.
    """

    state: Path = DEFAULT_STATE
    ports: Mapping[str, int] = field(default_factory=lambda: dict(DEFAULT_PORTS))
    mode: Mode = Mode.DEVELOPMENT
    seed: str = ""
    log_level: str = "INFO"
    web: str = ""
    shop_time_zone: str = "UTC"
    shop_language: str = "en"
    mail: str = "on"
    bank_iban: str = ""
    bank_holder: str = ""
    trusted_proxies: str = ""
    members: int = 1
    observability: bool = False

    @property
    def file(self) -> Path:
        """The file that keeps these settings."""
        return self.state / "settings.json"

    @property
    def seeded(self) -> bool:
        """Whether the demo data is loaded."""
        return self.mode is Mode.DEVELOPMENT or self.seed == "demo"

    @property
    def shop_url(self) -> str:
        """The address of the shop."""
        return f"http://127.0.0.1:{self.ports['shop']}"

    @property
    def prometheus_url(self) -> str:
        """The address of Prometheus."""
        return f"http://127.0.0.1:{self.ports['prometheus']}"

    @property
    def mail_url(self) -> str:
        """The address of the page that shows mails."""
        return f"http://127.0.0.1:{self.ports['mail']}"

    @property
    def stripe_url(self) -> str:
        """The address of the sandbox of Stripe."""
        return f"http://127.0.0.1:{self.ports['stripe']}"

    @property
    def takes_test_cards(self) -> bool:
        """Whether customers can pay with the cards of the sandbox, which production refuses."""
        return self.mode is Mode.DEVELOPMENT

    def ports_of(self, server: str) -> list[int]:
        """Return the ports of all members of a server."""
        return [self.ports[name] for name in member_names(server, self.members)]

    def save(self) -> None:
        """Write the settings, so that later commands need only the state folder."""
        values: dict[str, Any] = {"ports": dict(self.ports), "mode": self.mode, "seed": self.seed}
        values |= {"log_level": self.log_level, "web": self.web}
        values |= {"shop_time_zone": self.shop_time_zone, "members": self.members}
        values |= {"mail": self.mail, "shop_language": self.shop_language}
        values |= {"trusted_proxies": self.trusted_proxies}
        values |= {"observability": self.observability}
        values |= {"bank_iban": self.bank_iban, "bank_holder": self.bank_holder}
        self.file.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def member_names(server: str, members: int) -> list[str]:
    """Return the names of a server's members: kafka, kafka-2 and kafka-3 if it has three."""
    return [server, *(f"{server}-{number}" for number in range(2, members + 1))]


def port_variable(name: str) -> str:
    """Return the variable that sets a port, ORDERS_DB_PORT for orders-db."""
    return f"{name.upper().replace('-', '_')}_PORT"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings from the environment, else the remembered ones, else the defaults.

    Args:
        environment: The variables; None for those of this process.

    Raises:
        SettingError: A value is invalid.
    """
    variables = os.environ if environment is None else environment
    state = Path(variables.get("STATE") or DEFAULT_STATE).expanduser().absolute()
    remembered = _read(state / "settings.json")
    members = _members(variables.get("MEMBERS") or remembered.get("members", 1))
    settings = Settings(
        state=state,
        ports=_ports(variables, remembered.get("ports", {}), members),
        mode=_mode(variables.get("MODE") or remembered.get("mode", Mode.DEVELOPMENT)),
        seed=_seed(variables.get("SEED") or remembered.get("seed", "")),
        log_level=(variables.get("LOG_LEVEL") or remembered.get("log_level", "INFO")).upper(),
        web=_web(variables.get("WEB") or remembered.get("web", "")),
        shop_time_zone=_time_zone(
            variables.get("SHOP_TIME_ZONE") or remembered.get("shop_time_zone", "UTC")
        ),
        shop_language=variables.get("SHOP_LANGUAGE") or remembered.get("shop_language", "en"),
        mail=_mail(variables.get("MAIL") or remembered.get("mail", "on")),
        bank_iban=variables.get("BANK_IBAN") or remembered.get("bank_iban", ""),
        bank_holder=variables.get("BANK_HOLDER") or remembered.get("bank_holder", ""),
        trusted_proxies=variables.get("TRUSTED_PROXIES") or remembered.get("trusted_proxies", ""),
        members=members,
        observability=_observability(
            variables.get("OBSERVABILITY") or str(int(remembered.get("observability", False)))
        ),
    )
    return _with_free_ports(settings)


def _read(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    remembered: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return remembered


def _mode(value: str) -> Mode:
    try:
        return Mode(value)
    except ValueError:
        raise SettingError(f"MODE={value} is neither dev nor prod.") from None


def _seed(value: str) -> str:
    if value not in {"", "demo"}:
        raise SettingError(f"SEED={value} is unknown; the only value is demo.")
    return value


def _web(value: str) -> str:
    if value not in {"", "none"}:
        raise SettingError(f"WEB={value} is unknown; WEB=none leaves the web shop out.")
    return value


def _mail(value: str) -> str:
    if value not in {"on", "off"}:
        raise SettingError(f"MAIL={value} is neither on nor off.")
    return value


def _time_zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingError(
            f"SHOP_TIME_ZONE={value} is not a time zone; Europe/Berlin is one, for example."
        ) from None


def _members(value: str | int) -> int:
    if str(value) not in {"1", "3"}:
        raise SettingError(f"MEMBERS={value} is neither 1 nor 3.")
    return int(value)


def _observability(value: str) -> bool:
    if value not in {"1", "0"}:
        raise SettingError(f"OBSERVABILITY={value} is neither 1 nor 0.")
    return value == "1"


def _ports(
    variables: Mapping[str, str], remembered: Mapping[str, int], members: int
) -> dict[str, int]:
    """Return every port; 0 stands for any free port, as for members after the first."""
    choice = variables.get("PORTS", "")
    if choice not in {"", "free"}:
        raise SettingError(f"PORTS={choice} is unknown; PORTS=free finds free ports.")
    fallback = dict.fromkeys(DEFAULT_PORTS, 0) if choice else DEFAULT_PORTS
    more = [name for server in REPLICATED for name in member_names(server, members)]
    ports = {**dict.fromkeys(more, 0), **fallback, **remembered}
    for name in ports:
        variable = port_variable(name)
        if value := variables.get(variable):
            ports[name] = _port(variable, value)
    _refuse_duplicates(ports)
    return ports


def _port(variable: str, value: str) -> int:
    if not value.isdecimal() or int(value) > 65535:
        raise SettingError(f"{variable}={value} is not a port (0 to 65535; 0 finds a free port).")
    return int(value)


def _refuse_duplicates(ports: Mapping[str, int]) -> None:
    owners: dict[int, str] = {}
    for name, port in ports.items():
        if port and port in owners:
            first, second = port_variable(owners[port]), port_variable(name)
            raise SettingError(f"{first} and {second} are both {port}.")
        owners[port] = name


def _with_free_ports(settings: Settings) -> Settings:
    names = [name for name, port in settings.ports.items() if not port]
    free = dict(zip(names, free_ports(len(names)), strict=True))
    return replace(settings, ports={**settings.ports, **free})
