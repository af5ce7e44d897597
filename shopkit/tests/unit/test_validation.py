from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, EmailStr, Field, TypeAdapter, ValidationError

from shopkit.names import new_name
from shopkit.text import Text
from shopkit.validation import explain, explain_all
from shopkit.web.request_types import Price


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Line(BaseModel):
    name: str
    quantity: int


def check_name(name: str) -> str:
    return new_name(name)


def errors(kind: Any, value: Any) -> list[Any]:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(value)
    return list(raised.value.errors())


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (Annotated[int, Field(ge=1)], 0, "Must be greater than or equal to 1."),
        (int, "x", "Must be a valid integer."),
        (int, 1.5, "Must be a valid integer."),
        (float, "nan and more", "Must be a valid number."),
        (bool, "x", "Must be a valid boolean."),
        (Annotated[str, Field(pattern="^[0-9a-f]{24}$")], "x", "This value has the wrong format."),
        (Annotated[str, Field(min_length=2)], "x", "Must have at least 2 characters."),
        (Annotated[list[int], Field(max_length=1)], [1, 2], "Must have at most 1 item."),
        (
            Annotated[Decimal, Field(decimal_places=1)],
            "1.23",
            "Must have no more than 1 decimal place.",
        ),
        (Price, "1e3", "Must be a number, written in digits 0 to 9."),
        (Literal["a", "b", "c"], "d", "Must be 'a', 'b' or 'c'."),
        (Colour, "green", "Must be 'red' or 'blue'."),
        (datetime, "yesterday", "Must be a valid datetime or date."),
        (AwareDatetime, "2026-05-04T12:00:00", "Must have timezone info."),
        (Line, "x", "Must be an object."),
        (Text, "\ud800", "Contains an invalid Unicode character."),
        (
            EmailStr,
            "ada",
            "An email address must have an @-sign.",
        ),
    ],
)
def test_explains_an_error_in_a_sentence(kind: Any, value: Any, sentence: str) -> None:
    assert [explain(error) for error in errors(kind, value)] == [sentence]


def test_names_the_field_of_each_error() -> None:
    found = errors(list[Line], [{"name": "spoon"}, {"name": 1, "quantity": 1}])
    assert explain_all(found) == (
        "0.quantity: This value is required. 1.name: Must be a valid string."
    )


@pytest.mark.parametrize("value", ["a/b", "\x00", "-", "x" * 121])
def test_sentences_for_names_are_sentences(value: str) -> None:
    with pytest.raises(ValueError, match=r"^must ") as raised:
        check_name(value)
    error = {"type": "value_error", "msg": f"Value error, {raised.value}"}
    assert explain(error)[:5] == "Must "
    assert explain(error)[-1] == "."
