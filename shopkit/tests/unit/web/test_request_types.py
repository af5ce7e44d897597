# ruff: noqa: RUF001 - digits of other scripts are what these tests are about.
from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from shopkit.web.request_types import FilterText, Limit, Price, WholeNumber, to_cents

PRICE: TypeAdapter[Decimal] = TypeAdapter(Price)
Number = Annotated[int, Field(ge=-10, le=10), WholeNumber]
NUMBER: TypeAdapter[int] = TypeAdapter(Number)

NOT_IN_DIGITS = [
    "1_0",
    "٥",
    "५",
    "５",
    "²",
    "½",
    " 5 ",
    "5\n",
    "+5",
    "1e3",
    "0x10",
    "0b1",
    "5.",
    ".5",
    "--5",
    "−5",
    "1,0",
    "NaN",
    "Infinity",
    "-Infinity",
    "inf",
    "9" * 5_000,
]
"""Texts of which Python or pydantic takes many for numbers."""


class TestPrice:
    @pytest.mark.parametrize(
        ("sent", "cents"),
        [
            (0, 0),
            (5.99, 599),
            (0.1, 10),
            (0.01, 1),
            (29.990, 2_999),
            (1_000_000, 100_000_000),
            (999_999.99, 99_999_999),
            ("4.35", 435),
            ("5", 500),
            ("007.50", 750),
        ],
    )
    def test_converts_to_exact_cents(self, sent: Any, cents: int) -> None:
        assert to_cents(PRICE.validate_python(sent)) == cents

    @given(st.integers(min_value=0, max_value=100_000_000))
    def test_json_keeps_every_amount(self, cents: int) -> None:
        assert to_cents(PRICE.validate_json(str(cents / 100))) == cents

    @pytest.mark.parametrize(
        "sent",
        [
            -0.01,
            1_000_000.01,
            5.999,
            1e-3,
            float("nan"),
            float("inf"),
            float("-inf"),
            "",
            "1_0.5",
            "１.5",
            "5.٥",
            *NOT_IN_DIGITS,
            "five",
            None,
            True,
            False,
            [],
            {},
        ],
    )
    def test_refuses_invalid_amounts(self, sent: Any) -> None:
        with pytest.raises(ValidationError):
            PRICE.validate_python(sent)

    def test_has_its_limits_in_the_json_schema(self) -> None:
        assert PRICE.json_schema() == {
            "type": "number",
            "minimum": 0,
            "maximum": 1_000_000,
            "multipleOf": 0.01,
        }

    def test_refuses_booleans(self) -> None:
        with pytest.raises(ValidationError, match="must be a number"):
            PRICE.validate_python(True)


class TestWholeNumber:
    def test_accepts_numbers_and_digits(self) -> None:
        sent = (0, -3, 7.0, "7", "-3", "007")
        assert [NUMBER.validate_python(number) for number in sent] == [0, -3, 7, 7, -3, 7]

    @pytest.mark.parametrize("sent", [*NOT_IN_DIGITS, "5.0"])
    def test_refuses_other_texts(self, sent: str) -> None:
        with pytest.raises(ValidationError):
            NUMBER.validate_python(sent)
        with pytest.raises(ValidationError):
            TypeAdapter(Limit).validate_python(sent)

    @pytest.mark.parametrize(
        "sent", [True, False, 1.5, 11, -11, float("nan"), None, "many", [], {}]
    )
    def test_refuses_other_values(self, sent: Any) -> None:
        with pytest.raises(ValidationError):
            NUMBER.validate_python(sent)

    def test_keeps_the_limits_in_the_json_schema(self) -> None:
        assert NUMBER.json_schema() == {"type": "integer", "minimum": -10, "maximum": 10}


class TestFilterText:
    def test_is_in_the_form_in_which_text_is_stored(self) -> None:
        assert TypeAdapter(FilterText).validate_python(" A\u0308nn@Shop.com ") == "änn@shop.com"

    @pytest.mark.parametrize("sent", ["x" * 321, "\ud800"])
    def test_refuses_invalid_text(self, sent: str) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter(FilterText).validate_python(sent)
