"""The fields of a country's addresses."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a field.

    Attributes:
        value: The value.
        label: What it is called, in Latin letters if possible.
    """

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class AddressField:
    """A field of an address.

    Attributes:
        name: The field of `Address`.
        label: What the country calls it.
        required: Whether an address needs it.
        example: A value, empty if none is known.
        choices: All values that it can have. If there are none, it can have any.
    """

    name: str
    label: str
    required: bool = False
    example: str = ""
    choices: Sequence[Choice] = ()
