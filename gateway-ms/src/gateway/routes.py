"""The table of all routes, and who can use them. Other paths do not exist."""

from dataclasses import dataclass
from enum import Enum, StrEnum

MIB = 1024 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD"})
"""The methods that change nothing."""
PICTURE_OVERHEAD_BYTES = 64 * 1024


class Service(StrEnum):
    """The service that responds. The gateway responds to a few paths itself."""

    GATEWAY = "gateway"
    AUTHENTICATION = "authentication"
    PRODUCTS = "products"
    ORDERS = "orders"

    @property
    def full_name(self) -> str:
        """The name of the service outside of paths."""
        return f"{self.value}-ms"


class Access(StrEnum):
    """Who may use a route. Admins may use all."""

    ANYONE = "anyone"
    USER = "user"
    ADMIN = "admin"


class Kind(Enum):
    """How a request is forwarded. The value is the maximum size of its body in bytes."""

    JSON = MIB
    IMAGE = 2 * MIB + PICTURE_OVERHEAD_BYTES
    STREAM = 0

    @property
    def limit_bytes(self) -> int:
        """The maximum size of the body."""
        return self.value


@dataclass(frozen=True, slots=True)
class Route:
    """A route.

    Attributes:
        method: The HTTP method.
        path: The path, with parameters in braces.
        service: The service that responds.
        access: Who may use the route.
        kind: How requests are forwarded.
    """

    method: str
    path: str
    service: Service
    access: Access
    kind: Kind = Kind.JSON


_A, _P, _O, _G = Service.AUTHENTICATION, Service.PRODUCTS, Service.ORDERS, Service.GATEWAY
_ANYONE, _USER, _ADMIN = Access.ANYONE, Access.USER, Access.ADMIN

ROUTES: tuple[Route, ...] = (
    Route("POST", "/api/register", _A, _ANYONE),
    Route("POST", "/api/login", _A, _ANYONE),
    Route("POST", "/api/refresh", _A, _ANYONE),
    Route("POST", "/api/logout", _A, _ANYONE),
    Route("GET", "/api/me", _A, _USER),
    Route("PATCH", "/api/me", _A, _USER),
    Route("POST", "/api/me/password", _A, _USER),
    Route("POST", "/api/me/email", _A, _USER),
    Route("GET", "/api/me/sessions", _A, _USER),
    Route("DELETE", "/api/me/sessions", _A, _USER),
    Route("DELETE", "/api/me/sessions/{id}", _A, _USER),
    Route("GET", "/api/me/addresses", _A, _USER),
    Route("POST", "/api/me/addresses", _A, _USER),
    Route("PATCH", "/api/me/addresses/{id}", _A, _USER),
    Route("DELETE", "/api/me/addresses/{id}", _A, _USER),
    Route("GET", "/api/address-forms", _A, _USER),
    Route("GET", "/api/address-forms/{country}", _A, _USER),
    Route("POST", "/api/email-verifications", _A, _USER),
    Route("POST", "/api/email-verifications/confirm", _A, _USER),
    Route("POST", "/api/password-resets", _A, _ANYONE),
    Route("POST", "/api/password-resets/confirm", _A, _ANYONE),
    Route("POST", "/api/email-changes/confirm", _A, _ANYONE),
    Route("POST", "/api/email-changes/undo", _A, _ANYONE),
    Route("GET", "/api/users", _A, _ADMIN),
    Route("GET", "/api/users/{id}", _A, _ADMIN),
    Route("PATCH", "/api/users/{id}", _A, _ADMIN),
    Route("GET", "/api/.well-known/jwks.json", _A, _ANYONE),
    Route("GET", "/api/admin/mails/authentication", _A, _ADMIN),
    Route("GET", "/api/admin/mails/authentication/{id}", _A, _ADMIN),
    Route("POST", "/api/admin/mails/authentication/{id}/send", _A, _ADMIN),
    Route("POST", "/api/admin/mails/authentication/{id}/discard", _A, _ADMIN),
    Route("GET", "/api/admin/audit/authentication", _A, _ADMIN),
    Route("GET", "/api/authentication_health", _A, _ANYONE),
    Route("GET", "/api/categories", _P, _ANYONE),
    Route("POST", "/api/categories", _P, _ADMIN),
    Route("PATCH", "/api/categories/{id}", _P, _ADMIN),
    Route("DELETE", "/api/categories/{id}", _P, _ADMIN),
    Route("GET", "/api/products", _P, _ANYONE),
    Route("POST", "/api/products", _P, _ADMIN),
    Route("GET", "/api/products/{id}", _P, _ANYONE),
    Route("PATCH", "/api/products/{id}", _P, _ADMIN),
    Route("DELETE", "/api/products/{id}", _P, _ADMIN),
    Route("GET", "/api/products/{id}/image", _P, _ANYONE),
    Route("PUT", "/api/products/{id}/image", _P, _ADMIN, Kind.IMAGE),
    Route("GET", "/api/admin/products", _P, _ADMIN),
    Route("POST", "/api/admin/products/changes", _P, _ADMIN),
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
    Route("GET", "/api/orders/{id}/payment-qr", _O, _USER),
    Route("POST", "/api/orders/{id}/cancel", _O, _USER),
    Route("POST", "/api/orders/{id}/pay", _O, _USER),
    Route("POST", "/api/payments/stripe/events", _O, _ANYONE),
    Route("GET", "/api/delivery-methods", _O, _ANYONE),
    Route("GET", "/api/admin/orders", _O, _ADMIN),
    Route("GET", "/api/admin/orders/totals", _O, _ADMIN),
    Route("GET", "/api/admin/orders/{id}", _O, _ADMIN),
    Route("POST", "/api/admin/orders/{id}/notes", _O, _ADMIN),
    Route("POST", "/api/admin/orders/{id}/payments", _O, _ADMIN),
    Route("POST", "/api/admin/orders/{id}/refunds", _O, _ADMIN),
    Route("POST", "/api/admin/orders/{id}/refunds/{refund}/paid", _O, _ADMIN),
    Route("POST", "/api/admin/orders/{id}/shipments", _O, _ADMIN),
    Route("POST", "/api/admin/orders/{id}/delivered", _O, _ADMIN),
    Route("POST", "/api/admin/orders/{id}/collected", _O, _ADMIN),
    Route("POST", "/api/admin/orders/{id}/close-lines", _O, _ADMIN),
    Route("GET", "/api/admin/payments/stripe/events", _O, _ADMIN),
    Route("GET", "/api/admin/delivery-methods", _O, _ADMIN),
    Route("GET", "/api/admin/delivery-methods/{id}", _O, _ADMIN),
    Route("PUT", "/api/admin/delivery-methods/{id}", _O, _ADMIN),
    Route("DELETE", "/api/admin/delivery-methods/{id}", _O, _ADMIN),
    Route("GET", "/api/admin/stats", _O, _ADMIN),
    Route("GET", "/api/admin/dead-letters/orders", _O, _ADMIN),
    Route("GET", "/api/admin/dead-letters/orders/{id}", _O, _ADMIN),
    Route("POST", "/api/admin/dead-letters/orders/{id}/replay", _O, _ADMIN),
    Route("POST", "/api/admin/dead-letters/orders/{id}/discard", _O, _ADMIN),
    Route("GET", "/api/admin/mails/orders", _O, _ADMIN),
    Route("GET", "/api/admin/mails/orders/{id}", _O, _ADMIN),
    Route("POST", "/api/admin/mails/orders/{id}/send", _O, _ADMIN),
    Route("POST", "/api/admin/mails/orders/{id}/discard", _O, _ADMIN),
    Route("GET", "/api/admin/audit/orders", _O, _ADMIN),
    Route("GET", "/api/orders_health", _O, _ANYONE),
    Route("GET", "/api/docs", _G, _ANYONE),
    Route("GET", "/api/docs/{file}", _G, _ANYONE),
    Route("GET", "/api/openapi.json", _G, _ANYONE),
    Route("GET", "/api/gateway_health", _G, _ANYONE),
)

CHAOS_ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/authentication_error", _A, _ADMIN),
    Route("GET", "/api/products_error", _P, _ADMIN),
    Route("GET", "/api/orders_error", _O, _ADMIN),
)


def all_routes(*, chaos: bool) -> tuple[Route, ...]:
    """Return all routes.

    Args:
        chaos: Whether admins may crash a service to see it recover.
    """
    return ROUTES + CHAOS_ROUTES if chaos else ROUTES
