"""The one table of what can be reached, by whom; what is not here is denied."""

from dataclasses import dataclass
from enum import Enum, StrEnum

MIB = 1024 * 1024
MULTIPART_SLACK_BYTES = 64 * 1024


class Service(StrEnum):
    """Who answers; the gateway itself has a few pages of its own."""

    GATEWAY = "gateway"
    AUTHENTICATION = "authentication"
    PRODUCTS = "products"
    ORDERS = "orders"


class Who(StrEnum):
    """The least that a caller must be."""

    ANYONE = "anyone"
    USER = "user"
    ADMIN = "admin"


class Kind(Enum):
    """How a request is forwarded; the value is the limit of its body in bytes."""

    JSON = MIB
    IMAGE = 2 * MIB + MULTIPART_SLACK_BYTES
    STREAM = 0

    @property
    def limit_bytes(self) -> int:
        """The largest body that is let through."""
        return self.value


@dataclass(frozen=True, slots=True)
class Route:
    """One row: a verb on a path."""

    method: str
    path: str
    service: Service
    who: Who
    kind: Kind = Kind.JSON
    throttled: bool = False
    """Whether the service answers 429 to those who try too often."""


_A, _P, _O, _G = Service.AUTHENTICATION, Service.PRODUCTS, Service.ORDERS, Service.GATEWAY
_ANYONE, _USER, _ADMIN = Who.ANYONE, Who.USER, Who.ADMIN

TABLE: tuple[Route, ...] = (
    Route("POST", "/api/register", _A, _ANYONE, throttled=True),
    Route("POST", "/api/login", _A, _ANYONE, throttled=True),
    Route("POST", "/api/refresh", _A, _ANYONE, throttled=True),
    Route("POST", "/api/logout", _A, _ANYONE),
    Route("GET", "/api/me", _A, _USER),
    Route("POST", "/api/me/password", _A, _USER, throttled=True),
    Route("GET", "/api/users", _A, _ADMIN),
    Route("PATCH", "/api/users/{email}", _A, _ADMIN),
    Route("GET", "/api/.well-known/jwks.json", _A, _ANYONE),
    Route("GET", "/api/admin/audit/authentication", _A, _ADMIN),
    Route("GET", "/api/authentication_health", _A, _ANYONE),
    Route("GET", "/api/categories", _P, _ANYONE),
    Route("POST", "/api/categories", _P, _ADMIN),
    Route("PATCH", "/api/categories/{name}", _P, _ADMIN),
    Route("DELETE", "/api/categories/{name}", _P, _ADMIN),
    Route("GET", "/api/products", _P, _ANYONE),
    Route("POST", "/api/products", _P, _ADMIN),
    Route("GET", "/api/products/{id}", _P, _ANYONE),
    Route("PATCH", "/api/products/{id}", _P, _ADMIN),
    Route("DELETE", "/api/products/{id}", _P, _ADMIN),
    Route("GET", "/api/products/{id}/image", _P, _ANYONE),
    Route("PUT", "/api/products/{id}/image", _P, _ADMIN, Kind.IMAGE),
    Route("GET", "/api/admin/products", _P, _ADMIN),
    Route("GET", "/api/admin/dead-letters/products", _P, _ADMIN),
    Route("GET", "/api/admin/dead-letters/products/{id}", _P, _ADMIN),
    Route("POST", "/api/admin/dead-letters/products/{id}/replay", _P, _ADMIN),
    Route("POST", "/api/admin/dead-letters/products/{id}/discard", _P, _ADMIN),
    Route("GET", "/api/admin/audit/products", _P, _ADMIN),
    Route("GET", "/api/products_health", _P, _ANYONE),
    Route("GET", "/api/orders", _O, _USER),
    Route("POST", "/api/orders", _O, _USER),
    Route("GET", "/api/orders/stream", _O, _USER, Kind.STREAM),
    Route("GET", "/api/orders/{id}", _O, _USER),
    Route("POST", "/api/orders/{id}/cancel", _O, _USER),
    Route("GET", "/api/admin/orders", _O, _ADMIN),
    Route("GET", "/api/admin/stats", _O, _ADMIN),
    Route("GET", "/api/admin/dead-letters/orders", _O, _ADMIN),
    Route("GET", "/api/admin/dead-letters/orders/{id}", _O, _ADMIN),
    Route("POST", "/api/admin/dead-letters/orders/{id}/replay", _O, _ADMIN),
    Route("POST", "/api/admin/dead-letters/orders/{id}/discard", _O, _ADMIN),
    Route("GET", "/api/admin/audit/orders", _O, _ADMIN),
    Route("GET", "/api/orders_health", _O, _ANYONE),
    Route("GET", "/api/docs", _G, _ANYONE),
    Route("GET", "/api/docs/{file}", _G, _ANYONE),
    Route("GET", "/api/openapi.json", _G, _ANYONE),
    Route("GET", "/api/gateway_health", _G, _ANYONE),
    # The reverse proxy passes /api only, so these two stay on the private network.
    Route("GET", "/ready", _G, _ANYONE),
    Route("GET", "/metrics", _G, _ANYONE),
)

CHAOS: tuple[Route, ...] = (
    Route("GET", "/api/authentication_error", _A, _ADMIN),
    Route("GET", "/api/products_error", _P, _ADMIN),
    Route("GET", "/api/orders_error", _O, _ADMIN),
)


def table(*, chaos: bool) -> tuple[Route, ...]:
    """Return all rows.

    Args:
        chaos: Whether an admin may end a service's process; where not, those paths are unknown.
    """
    return TABLE + CHAOS if chaos else TABLE
