"""What shoppers and an admin asked for while something failed, and what they were told."""

from dataclasses import dataclass, field


@dataclass
class Asked:
    """An order that someone tried to place, with one Idempotency-Key, once or several times.

    Attributes:
        key: The Idempotency-Key.
        email: Who asked.
        told: The ids that came with a 201.
        refused: Whether a last answer said no; False where nobody knows, too.
    """

    key: str
    email: str
    told: set[str] = field(default_factory=set)
    refused: bool = False


@dataclass
class History:
    """All that was asked on a stack."""

    asked: list[Asked] = field(default_factory=list)
    unforeseen: list[str] = field(default_factory=list)
    answered: int = 0
    unanswered: int = 0
