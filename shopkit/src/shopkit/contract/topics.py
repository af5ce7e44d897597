"""The topics of the shop."""

from collections.abc import Sequence

from shopkit.contract.events import ORDER_STATUS_TOPIC, ORDERS_TOPIC, PRODUCTS_TOPIC
from shopkit.messaging.topics import Topic

_DAY_MILLISECONDS = 24 * 60 * 60 * 1000
_RETENTION = {"retention.ms": str(14 * _DAY_MILLISECONDS)}

TOPICS: Sequence[Topic] = (
    # The last state of each product is kept forever, so that the projection can be rebuilt.
    Topic(PRODUCTS_TOPIC, {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}),
    Topic(ORDERS_TOPIC, _RETENTION),
    Topic(ORDER_STATUS_TOPIC, _RETENTION),
)
