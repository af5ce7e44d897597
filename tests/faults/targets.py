"""The functions that faults and mutants patch in a service's process, by their import paths."""

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

Method = Callable[..., Any]
Decorator = Callable[[Method], Method]

COMMIT_TRANSACTION = "pymongo.asynchronous.client_session:AsyncClientSession.commit_transaction"
INSERT_MANY = "pymongo.asynchronous.collection:AsyncCollection.insert_many"
CONNECT_TO_DATABASE = "pymongo.pool_shared:_async_create_connection"
COMMIT_OFFSETS = "aiokafka:AIOKafkaConsumer.commit"
CONNECT_TO_BROKER = "aiokafka.conn:AIOKafkaConnection.connect"

DATABASE_CLIENT = "pymongo:AsyncMongoClient.__init__"
OUTBOX_ADD = "shopkit.messaging.outbox:Outbox.add"
OUTBOX_ADD_AGAIN = "shopkit.messaging.outbox:Outbox.add_again"
OUTBOX_LEASE = "shopkit.messaging.outbox:Outbox.lease_unsent"
OUTBOX_MARK_SENT = "shopkit.messaging.outbox:Outbox.mark_sent"
MAIL_LEASE = "shopkit.mail.mails:Mails.lease"
MAIL_SEND = "shopkit.mail.smtp:SmtpTransport.send"
MAIL_MARK_SENT = "shopkit.mail.mails:Mails.mark_sent"
SWEEP = "shopkit.messaging.relay:Relay.sweep"
KEYS_FIND = "shopkit.storage.idempotency:IdempotencyKeys.find_by_ids"

DECIDE = "products.services.decisions:DecisionService.decide"
CANCEL_DECISIONS = "products.services.decisions:DecisionService.cancel"
FIND_DECISIONS = "products.repositories.decisions:DecisionRepository.find_by_ids"
UPDATE_DECISIONS = "products.repositories.decisions:DecisionRepository.update"
LINE_REASONS = "products.models.decision:Stock.line_reasons"
STOCK_CHANGE = "products.repositories.products:_stock_change"
RESEND_PRODUCTS = "products.services.comparison:ComparisonService.resend"

PUT_PRODUCTS = "orders.repositories.projection:_replace_older"
CANCEL_ORDER = "orders.services.orders:OrderService.cancel"
TAKE_OVERDUE = "orders.repositories.orders:OrderRepository.take_overdue"
RESEND = "orders.services.resend:ResendService.resend"
RECONCILE = "orders.services.reconcile:ReconcileService.reconcile_if_due"
REQUEST_PRODUCTS = "orders.repositories.products_client:ProductsClient.resend"
REPLACE_PROJECTION = "orders.repositories.projection:ProjectionRepository.replace"
CARD_RECEIPT = "orders.models.payment:Payment.card_receipt"
REFUNDS_TO_REQUEST = "orders.services.card_checks:refunds_to_request"
OUT_OF_TIME = "orders.services.card_settlement:is_out_of_time"
NEXT_CHANGE = "orders.repositories.changes:Feed.next"


def patch(target: str, decorate: Decorator) -> None:
    """Replace a function or a method in this process.

    Args:
        target: The function, as "module:function" or "module:Class.method".
        decorate: Takes the function and returns its replacement.
    """
    owner, name = _resolve(target)
    setattr(owner, name, decorate(getattr(owner, name)))


def check_targets() -> None:
    """Check that every function exists.

    Raises:
        ImportError: A module does not exist.
        AttributeError: A class or a function does not exist.
    """
    for name, target in globals().items():
        if name.isupper():
            owner, function = _resolve(target)
            getattr(owner, function)


def _resolve(target: str) -> tuple[type | ModuleType, str]:
    module, _, path = target.partition(":")
    class_name, _, method = path.rpartition(".")
    imported = import_module(module)
    return (getattr(imported, class_name), method) if class_name else (imported, path)
