"""The problem types of orders-ms."""

from dataclasses import replace

from orders import errors
from shopkit.addresses import AddressRefusedError
from shopkit.batching import OverloadedError
from shopkit.storage.idempotency import KeyReusedError
from shopkit.web import admin_routes, database_problems, mail_routes
from shopkit.web.problems import (
    KEY_REUSED,
    NOT_FOUND,
    UNAVAILABLE,
    VALIDATION,
    ProblemTable,
    ProblemType,
)

UNKNOWN_PRODUCTS = ProblemType("unknown-products", "Some products are not for sale", 404)
AMBIGUOUS_NAME = ProblemType("ambiguous-name", "Two products have this name", 409)
PRICE_CHANGED = ProblemType("price-changed", "A price has changed", 409)
INSUFFICIENT_STOCK = ProblemType("insufficient-stock", "There is not enough stock", 409)
QUANTITY_LIMIT = ProblemType("quantity-limit", "The quantity exceeds the limit", 422)
TOO_MANY_STREAMS = ProblemType(
    "too-many-streams", "Too many open streams", 503, headers={"Retry-After": "5"}
)
OVERLOADED = replace(
    UNAVAILABLE,
    detail="Too many orders are waiting. This one was not placed. Try again in a moment.",
)
NO_DELIVERY = ProblemType("no-delivery", "We do not deliver to this country", 409)
DELIVERY_UNAVAILABLE = ProblemType(
    "delivery-unavailable", "The delivery method is not offered", 409
)
PAYMENT_UNAVAILABLE = ProblemType("payment-unavailable", "The payment method is not offered", 409)
ORDER_STATE = ProblemType("order-state", "The order does not allow this now", 409)
REFUND_TOO_LARGE = ProblemType("refund-exceeds-payment", "The refund exceeds what was paid", 409)
LINES_EXCEED_ORDER = ProblemType("lines-exceed-order", "The lines are more than what is open", 409)
TOO_MANY_METHODS = ProblemType("too-many-delivery-methods", "Too many delivery methods", 409)
PROVIDER_UNAVAILABLE = ProblemType(
    "payment-provider-unavailable",
    "The payment provider is unavailable",
    503,
    detail="Cards cannot be paid at the moment. The order stays due. Try again in a moment.",
    headers={"Retry-After": "5"},
)
INVALID_EVENT = ProblemType("invalid-event", "The event is not valid", 400)
NOT_CANCELLABLE = ProblemType("not-cancellable", "The order cannot be cancelled", 409)

TABLE: ProblemTable = {
    **database_problems.TABLE,
    **admin_routes.TABLE,
    **mail_routes.TABLE,
    errors.UnknownProductsError: UNKNOWN_PRODUCTS,
    errors.AmbiguousNameError: AMBIGUOUS_NAME,
    errors.PriceChangedError: PRICE_CHANGED,
    errors.InsufficientStockError: INSUFFICIENT_STOCK,
    errors.QuantityLimitError: QUANTITY_LIMIT,
    errors.NoDeliveryError: NO_DELIVERY,
    errors.DeliveryUnavailableError: DELIVERY_UNAVAILABLE,
    errors.PaymentUnavailableError: PAYMENT_UNAVAILABLE,
    errors.FeeChangedError: PRICE_CHANGED,
    errors.OrderStateError: ORDER_STATE,
    errors.RefundTooLargeError: REFUND_TOO_LARGE,
    errors.RefundNotFoundError: NOT_FOUND,
    errors.LinesExceedOrderError: LINES_EXCEED_ORDER,
    errors.TransferNotDueError: NOT_FOUND,
    errors.MethodNotFoundError: NOT_FOUND,
    errors.TooManyMethodsError: TOO_MANY_METHODS,
    errors.ProviderUnavailableError: PROVIDER_UNAVAILABLE,
    errors.ProviderRefusedError: PROVIDER_UNAVAILABLE,
    errors.InvalidEventError: INVALID_EVENT,
    AddressRefusedError: VALIDATION,
    KeyReusedError: KEY_REUSED,
    OverloadedError: OVERLOADED,
    errors.OrderNotFoundError: NOT_FOUND,
    errors.TooManyStreamsError: TOO_MANY_STREAMS,
    errors.NotCancellableError: NOT_CANCELLABLE,
}
