from decimal import Decimal
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from shopkit.web.request_types import NoBoolean, Price, to_cents

PRICE: TypeAdapter[Decimal] = TypeAdapter(Price)
Number = Annotated[int, Field(ge=-10, le=10), NoBoolean]
NUMBER: TypeAdapter[int] = TypeAdapter(Number)


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
            "NaN",
            "",
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
        assert PRICE.json_schema() == {"type": "number", "minimum": 0, "maximum": 1_000_000}

    def test_refuses_booleans(self) -> None:
        with pytest.raises(ValidationError, match="must be a number"):
            PRICE.validate_python(True)


class TestNoBoolean:
    def test_accepts_whole_numbers(self) -> None:
        assert [NUMBER.validate_python(sent) for sent in (0, -3, 7.0)] == [0, -3, 7]

    @pytest.mark.parametrize(
        "sent", [True, False, 1.5, 11, -11, float("nan"), None, "many", [], {}]
    )
    def test_refuses_other_values(self, sent: Any) -> None:
        with pytest.raises(ValidationError):
            NUMBER.validate_python(sent)

    def test_keeps_the_limits_in_the_json_schema(self) -> None:
        assert NUMBER.json_schema() == {"type": "integer", "minimum": -10, "maximum": 10}
