"""Which problem each exception is."""

from orders import errors
from orders.services.live import TooManyStreamsError
from shopkit.storage.idempotency import KeyReusedError
from shopkit.web import admin_routes, database_problems
from shopkit.web.problems import KEY_REUSED, NOT_FOUND, ProblemType, Table

UNKNOWN_PRODUCTS = ProblemType("unknown-products", "Some products are not for sale", 404)
AMBIGUOUS_NAME = ProblemType("ambiguous-name", "Two products have this name", 409)
PRICE_CHANGED = ProblemType("price-changed", "A price has changed", 409)
INSUFFICIENT_STOCK = ProblemType("insufficient-stock", "There is not enough in stock", 409)
QUANTITY_LIMIT = ProblemType("quantity-limit", "That is more than an order may have", 422)
TOO_MANY_STREAMS = ProblemType(
    "too-many-streams", "Too many are following", 503, headers={"Retry-After": "5"}
)
NOT_CANCELLABLE = ProblemType("not-cancellable", "The order can't be cancelled", 409)

TABLE: Table = {
    **database_problems.TABLE,
    **admin_routes.TABLE,
    errors.UnknownProductsError: UNKNOWN_PRODUCTS,
    errors.AmbiguousNameError: AMBIGUOUS_NAME,
    errors.PriceChangedError: PRICE_CHANGED,
    errors.InsufficientStockError: INSUFFICIENT_STOCK,
    errors.QuantityLimitError: QUANTITY_LIMIT,
    KeyReusedError: KEY_REUSED,
    errors.OrderNotFoundError: NOT_FOUND,
    TooManyStreamsError: TOO_MANY_STREAMS,
    errors.NotCancellableError: NOT_CANCELLABLE,
}
