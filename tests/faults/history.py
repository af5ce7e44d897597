"""Records the requests of shoppers and of an admin, and the responses."""

from dataclasses import dataclass, field


@dataclass
class OrderAttempt:
    """An order that a shopper tried to place with one Idempotency-Key, once or several times.

    Args:
        key: The Idempotency-Key.
        email: The shopper.
        order_ids: The ids in the 201 responses.
        refused: Whether the last response refused the order; False if there was no response.
    """

    key: str
    email: str
    order_ids: set[str] = field(default_factory=set)
    refused: bool = False


@dataclass
class History:
    """The requests to a stack and their responses.

    Args:
        attempts: The orders that shoppers tried to place.
        unexpected: A line for each unexpected response.
        answered: How many requests got a response.
        unanswered: How many requests got none.
    """

    attempts: list[OrderAttempt] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    answered: int = 0
    unanswered: int = 0
