"""Records the requests of shoppers and of an admin, and the responses."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class OrderAttempt:
    """An order that a shopper tried to place with one Idempotency-Key, once or several times.

    Args:
        key: The Idempotency-Key.
        email: The shopper.
        order_ids: The ids in the 201 responses.
        refused: Whether the last response refused the order, and every request was answered. A
            request without a response may still be carried out.
        unanswered: Whether a request got no response.
    """

    key: str
    email: str
    order_ids: set[str] = field(default_factory=set)
    refused: bool = False
    unanswered: bool = False


@dataclass
class View:
    """What a shopper who follows the stream of orders sees.

    Args:
        email: The shopper.
        statuses: The orders on the screen. A snapshot replaces all of them.
        first_attempt: The position in the history's attempts of the first order that was placed
            after the last snapshot.
        steps: Each status of an order that the stream reported, oldest first.
        connections: How many times the stream was opened.
    """

    email: str
    statuses: dict[str, str] = field(default_factory=dict)
    first_attempt: int = 0
    steps: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0

    def replace(self, statuses: Mapping[str, str], attempts: int) -> None:
        """Show a snapshot, when so many orders had been tried."""
        self.statuses = dict(statuses)
        self.first_attempt = attempts
        self.steps += statuses.items()

    def update(self, order_id: str, status: str) -> None:
        """Show a changed order."""
        self.statuses[order_id] = status
        self.steps.append((order_id, status))


@dataclass
class History:
    """The requests to a stack and their responses.

    Args:
        attempts: The orders that shoppers tried to place.
        seen: Each order and status in a response.
        views: What the followers of streams see.
        unexpected: A line for each unexpected response.
        answered: How many requests got a response.
        unanswered: How many requests got none.
    """

    attempts: list[OrderAttempt] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)
    views: list[View] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    answered: int = 0
    unanswered: int = 0

    def expected_in(self, view: View) -> set[str]:
        """Return the orders that a view has to show: those on it, and those placed since."""
        placed = self.attempts[view.first_attempt :]
        ids = {
            id_ for attempt in placed if attempt.email == view.email for id_ in attempt.order_ids
        }
        return ids | view.statuses.keys()
