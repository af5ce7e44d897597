from dataclasses import replace
from datetime import timedelta

import pytest

from products.errors import InsufficientStockError, StockLimitError
from products.models.product import (
    Category,
    Product,
    after_stock_change,
)
from shopkit.testing.deliveries import NOON, an_id


def product(**changes: object) -> Product:
    plain = Product(
        id=an_id(1),
        name="spoon",
        description="",
        price_cents=599,
        quantity=10,
        categories=(),
        archived=False,
        picture=None,
        details_version=3,
        stock_version=4,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


class TestStockChange:
    @pytest.mark.parametrize(
        ("delta", "quantity"), [(-10, 0), (-1, 9), (5, 15), (999_990, 1_000_000)]
    )
    def test_changes_the_stock_and_its_version_only(self, delta: int, quantity: int) -> None:
        # Given
        later = NOON + timedelta(hours=1)
        # When
        changed = product().with_stock_change(delta, later)
        # Then
        assert changed == product(quantity=quantity, stock_version=5, updated_at=later)
        assert changed.version == 8

    def test_refuses_a_negative_stock(self) -> None:
        with pytest.raises(
            InsufficientStockError, match=r"The stock is 10\. You cannot remove 11\."
        ):
            product().with_stock_change(-11, NOON)

    def test_refuses_a_stock_above_the_limit(self) -> None:
        with pytest.raises(StockLimitError, match="cannot exceed 1,000,000"):
            product().with_stock_change(999_991, NOON)

    def test_allows_removing_stock_that_is_above_the_limit(self) -> None:
        assert product(quantity=1_000_005).with_stock_change(-1, NOON).quantity == 1_000_004

    def test_returns_stock_whatever_the_limit(self) -> None:
        returned = after_stock_change(product(quantity=1_000_000).state, 3)
        assert (returned.quantity, returned.version) == (1_000_003, product().version + 1)


class TestVersions:
    @pytest.mark.parametrize(("known", "raised"), [(0, 8), (7, 8), (20, 21)])
    def test_raises_the_version_above_both_without_changing_details(
        self, known: int, raised: int
    ) -> None:
        changed = product().with_version_above(known)
        assert changed.version == raised
        assert changed.details_version == 3

    def test_the_state_contains_the_whole_product(self) -> None:
        assert product().state.model_dump() == {
            "id": an_id(1),
            "name": "spoon",
            "price_cents": 599,
            "quantity": 10,
            "archived": False,
            "version": 7,
        }


class TestDetails:
    def test_archiving_raises_the_version_once(self) -> None:
        # Given
        later = NOON + timedelta(hours=1)
        # When
        archived = product().archived_at(later)
        # Then
        assert archived == product(archived=True, details_version=4, updated_at=later)
        assert archived.archived_at(NOON) is archived

    def test_another_picture_raises_the_version(self) -> None:
        pictured = product().with_picture("id", NOON)
        assert pictured == product(picture="id", details_version=4)

    def test_renaming_a_category_raises_the_version_of_the_names_only(self) -> None:
        # Given
        one, other = Category(an_id(7), "a", 2), Category(an_id(8), "b", 3)
        # When
        renamed = other.renamed("c")
        # Then
        assert renamed == Category(an_id(8), "c", 4)
        after = product(categories=(one, renamed))
        assert (after.names_version, after.version) == (6, 7)
