"""The bodies of statistics."""

from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, Field

from orders.models.statistics import StatisticsReport


class DayBody(BaseModel):
    """The orders of a day of the shop, and the revenue of those that were accepted."""

    day: date
    orders: int
    revenue: float


class BestSellerBody(BaseModel):
    """A product with the quantity that was sold and its revenue."""

    product_id: str
    name: str
    quantity: int
    revenue: float


class LowStockBody(BaseModel):
    """A product with low stock."""

    id: str
    name: str
    quantity: int


class StatisticsBody(BaseModel):
    """Statistics of the last days, oldest first.

    The days are those of the shop's time zone.
    """

    time_zone: Annotated[str, Field(examples=["Europe/Berlin"])]
    days: list[DayBody]
    best_sellers: list[BestSellerBody]
    low_stock: list[LowStockBody]
    pending: int

    @classmethod
    def of(cls, report: StatisticsReport) -> Self:
        """Return the body for a report."""
        return cls(
            time_zone=report.time_zone,
            days=[
                DayBody(day=day.day, orders=day.orders, revenue=day.revenue_cents / 100)
                for day in report.days
            ],
            best_sellers=[
                BestSellerBody(
                    product_id=product.product_id,
                    name=product.name,
                    quantity=product.quantity,
                    revenue=product.revenue_cents / 100,
                )
                for product in report.best_sellers
            ],
            low_stock=[
                LowStockBody(id=product.id, name=product.name, quantity=product.quantity)
                for product in report.low_stock
            ],
            pending=report.pending,
        )
