"""The methods that faults and mutants patch in a service's process, by their import paths."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

Method = Callable[..., Any]
Decorator = Callable[[Method], Method]

COMMIT_TRANSACTION = "pymongo.asynchronous.client_session:AsyncClientSession.commit_transaction"
INSERT_MANY = "pymongo.asynchronous.collection:AsyncCollection.insert_many"
COMMIT_OFFSETS = "aiokafka:AIOKafkaConsumer.commit"
SEEK = "aiokafka:AIOKafkaConsumer.seek"

OUTBOX_ADD = "shopkit.messaging.outbox:Outbox.add"
OUTBOX_MARK_SENT = "shopkit.messaging.outbox:Outbox.mark_sent"
SWEEP = "shopkit.messaging.relay:Relay.sweep"

DECIDE = "products.services.decisions:DecisionService.decide"
FIND_DECISIONS = "products.repositories.decisions:DecisionRepository.find_by_ids"
REJECTION_REASONS = "products.models.decision:Stock.line_reasons"

APPLY_STATES = "orders.services.projection:ProjectionService.apply_states"
RESEND = "orders.services.resend:ResendService.resend"
RECONCILE = "orders.services.reconcile:ReconcileService.reconcile_if_due"


def patch(target: str, decorate: Decorator) -> None:
    """Replace a method in this process.

    Args:
        target: The method, as "module:Class.method".
        decorate: Takes the method and returns its replacement.
    """
    owner, name = _resolve(target)
    setattr(owner, name, decorate(getattr(owner, name)))


def check_targets() -> None:
    """Check that every method exists.

    Raises:
        ImportError: A module does not exist.
        AttributeError: A class or a method does not exist.
    """
    for name, target in globals().items():
        if name.isupper():
            owner, method = _resolve(target)
            getattr(owner, method)


def _resolve(target: str) -> tuple[type, str]:
    module, _, path = target.partition(":")
    class_name, _, method = path.partition(".")
    return getattr(import_module(module), class_name), method
