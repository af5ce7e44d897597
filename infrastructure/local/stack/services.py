"""The four services: their commands and what they are told by their environment."""

from stack import tools
from stack.mongo import url_file
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
FORWARDED_TO_BY_GATEWAY = tuple(DATABASE_OF)


def service_command(name: str, mode: Mode) -> list[str]:
    """Return how a service is started; in development it is restarted when its source changes."""
    serve = module_command(name, "serve")
    if mode is Mode.PRODUCTION:
        return serve
    python = str(tools.VENV_PYTHON)
    sources = [REPOSITORY / f"{name}-ms" / "src", REPOSITORY / "shopkit" / "src"]
    watched = [argument for folder in sources for argument in ("--watch", str(folder))]
    return [python, "-m", "shopkit.reload", *watched, "--", *serve]


def module_command(name: str, *verbs: str) -> list[str]:
    """Return the command that does some of a service's verbs in turn: serve, migrate, seed, topics.

    Most of the time of one goes into starting it, so they share a process.
    """
    return [str(tools.VENV_PYTHON), "-m", name, *verbs]


def service_environment(name: str, settings: Settings, state: State) -> dict[str, str]:
    """Return a service's settings."""
    development = settings.mode is Mode.DEVELOPMENT
    environment = {
        "ENVIRONMENT": "development" if development else "production",
        "HOST": LOOPBACK,
        "PORT": str(settings.ports[name]),
        "LOG_LEVEL": settings.log_level,
        "CHAOS_ENDPOINTS": str(development).lower(),
        "PYTHONUNBUFFERED": "1",
    }
    if name in DATABASE_OF:
        environment["MONGO_URL_FILE"] = str(url_file(state, DATABASE_OF[name]))
        environment["SEED"] = settings.seed
    if name in USES_KAFKA:
        environment["KAFKA_BOOTSTRAP_SERVERS"] = f"{LOOPBACK}:{settings.ports['kafka']}"
    return environment | _own_settings(name, settings, state)


def _own_settings(name: str, settings: Settings, state: State) -> dict[str, str]:
    """Return what only this service is told."""
    if name == "authentication":
        return {
            "SIGNING_KEY_FILE": str(state.signing_key_file()),
            "PREVIOUS_KEY_FILE": str(state.secret_file("previous-key.pem")),
            "SHOP_PORT": str(settings.ports["shop"]),
        }
    if name == "orders":
        return {"PRODUCTS_URL": _address("products", settings)}
    if name == "gateway":
        names = FORWARDED_TO_BY_GATEWAY
        return {f"{each.upper()}_URL": _address(each, settings) for each in names}
    return {}


def _address(name: str, settings: Settings) -> str:
    return f"http://{LOOPBACK}:{settings.ports[name]}"
