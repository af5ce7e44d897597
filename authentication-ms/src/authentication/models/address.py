"""The addresses of an account."""

from dataclasses import dataclass
from typing import Any

from shopkit.addresses import Address

ADDRESS_LIMIT = 20
"""How many addresses an account can have."""


@dataclass(frozen=True, slots=True)
class StoredAddress:
    """An address of an account.

    Attributes:
        id: The id.
        address: The address.
        is_default: Whether it is the one that is used unless another one is chosen.
    """

    id: Any
    address: Address
    is_default: bool
