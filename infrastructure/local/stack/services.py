"""The four services: their commands and their environments."""

from stack import tools
from stack.mongo import migration_url_file, url_file
from stack.ports import LOOPBACK
from stack.settings import REPOSITORY, Mode, Settings
from stack.state import State

DATABASE_OF = {
    "authentication": "authentication-db",
    "products": "products-db",
    "orders": "orders-db",
}
SERVICES = (*DATABASE_OF, "gateway")
USES_KAFKA = ("products", "orders")
BEHIND_GATEWAY = tuple(DATABASE_OF)
CALLED_BY_ORDERS = ("authentication", "products")
SENDS_MAIL = ("authentication", "orders")
EXAMPLE_ACCOUNT = {"BANK_IBAN": "DE02120300000000202051", "BANK_HOLDER": "Kiosk Ltd"}
"""An account of banks' documentation, so that a demo shop offers transfers."""

SANDBOX_KEYS = {"STRIPE_SECRET_KEY": "sk_test_sandbox", "STRIPE_WEBHOOK_SECRETS": "whsec_sandbox"}
"""The keys of the sandbox of Stripe, which moves no money."""


def service_command(name: str, mode: Mode) -> list[str]:
    """Return the command that starts a service; in development it reloads changed sources."""
    serve = module_command(name, "serve")
    if mode is Mode.PRODUCTION:
        return serve
    python = str(tools.VENV_PYTHON)
    sources = [REPOSITORY / f"{name}-ms" / "src", REPOSITORY / "shopkit" / "src"]
    watched = [argument for folder in sources for argument in ("--watch", str(folder))]
    return [python, "-m", "shopkit.reload", *watched, "--", *serve]


def module_command(name: str, *commands: str) -> list[str]:
    """Return the command line that runs some of a service's commands in turn.

    They share a process, because starting it takes most of the time.

    Args:
        name: The service.
        commands: serve, migrate, seed or topics.
    """
    return [str(tools.VENV_PYTHON), "-m", name, *commands]


def service_environment(name: str, settings: Settings, state: State) -> dict[str, str]:
    """Return a service's environment."""
    development = settings.mode is Mode.DEVELOPMENT
    environment = {
        "ENVIRONMENT": "development" if development else "production",
        "HOST": LOOPBACK,
        "PORT": str(settings.ports[name]),
        "MONITORING_PORT": str(settings.ports[f"{name}-monitoring"]),
        "LOG_LEVEL": settings.log_level,
        "CHAOS_ENDPOINTS": str(development).lower(),
        "PYTHONUNBUFFERED": "1",
    }
    if name in DATABASE_OF:
        environment["MONGO_URL_FILE"] = str(url_file(state, DATABASE_OF[name]))
        environment["SEED"] = settings.seed
    if name in USES_KAFKA:
        brokers = [f"{LOOPBACK}:{port}" for port in settings.ports_of("kafka")]
        environment["KAFKA_BOOTSTRAP_SERVERS"] = ",".join(brokers)
        environment["TOPIC_REPLICATION_FACTOR"] = str(settings.members)
    if name in SENDS_MAIL:
        environment |= _mail(settings)
    return environment | _proof_keys(name, state) | _own_settings(name, settings, state)


def migration_environment(name: str, settings: Settings, state: State) -> dict[str, str]:
    """Return the environment of a service's migrations, which use another database user."""
    address = str(migration_url_file(state, DATABASE_OF[name]))
    return service_environment(name, settings, state) | {"MONGO_URL_FILE": address}


def _mail(settings: Settings) -> dict[str, str]:
    """Return the variables of a service that sends mail."""
    return {
        "MAIL": settings.mail,
        "MAIL_SENDER": "Kiosk <shop@kiosk.example>",
        "PUBLIC_URL": settings.shop_url,
        "SMTP_HOST": LOOPBACK,
        "SMTP_PORT": str(settings.ports["smtp"]),
        "SMTP_SECURITY": "none",
    }


def _proof_keys(name: str, state: State) -> dict[str, str]:
    """Return the variables of the keys with which services prove who calls."""
    keys = {}
    if name in {"gateway", "orders"}:
        keys["PROOF_KEY_FILE"] = str(state.proof_key_file(name))
    if name in BEHIND_GATEWAY:
        keys["GATEWAY_KEYS_FILE"] = str(state.public_keys_file("gateway"))
    if name in CALLED_BY_ORDERS:
        keys["ORDERS_KEYS_FILE"] = str(state.public_keys_file("orders"))
    return keys


def _own_settings(name: str, settings: Settings, state: State) -> dict[str, str]:
    """Return the variables that only this service has."""
    if name == "authentication":
        return {
            "SIGNING_KEY_FILE": str(state.signing_key_file()),
            "PREVIOUS_KEY_FILE": str(state.secret_file("previous-key.pem")),
            "SHOP_PORT": str(settings.ports["shop"]),
        }
    if name == "products":
        return {"SHOP_LANGUAGE": settings.shop_language}
    if name == "orders":
        return {
            **{f"{target.upper()}_URL": _address(target, settings) for target in CALLED_BY_ORDERS},
            "SHOP_TIME_ZONE": settings.shop_time_zone,
            **_bank_account(settings),
            **_cards(settings),
        }
    if name == "gateway":
        return {f"{target.upper()}_URL": _address(target, settings) for target in BEHIND_GATEWAY}
    return {}


def _bank_account(settings: Settings) -> dict[str, str]:
    if settings.bank_iban or not settings.seeded:
        return {"BANK_IBAN": settings.bank_iban, "BANK_HOLDER": settings.bank_holder}
    return EXAMPLE_ACCOUNT


def _cards(settings: Settings) -> dict[str, str]:
    if not settings.takes_test_cards:
        return {}
    return {**SANDBOX_KEYS, "STRIPE_API_BASE": settings.stripe_url}


def _address(name: str, settings: Settings) -> str:
    return f"http://{LOOPBACK}:{settings.ports[name]}"
