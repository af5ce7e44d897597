"""Stand-ins for products-ms, for the services that compare the databases."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import pytest

from orders.models.comparison import IdRange
from shopkit.contract.events import OrderStatus, ProductState
from shopkit.contract.internal import (
    PAGE,
    DecidedOrder,
    RangeDigest,
    digest_orders,
    digest_products,
)


class FakeProducts:
    """Stands in for products-ms and records what was requested."""

    def __init__(self) -> None:
        self.states: dict[str, ProductState] = {}
        self.decided: dict[str, DecidedOrder] = {}
        self.resent: list[dict[str, int]] = []
        self.cancelled: list[list[str]] = []
        self.read_in_detail: list[tuple[str, IdRange]] = []
        self.on_resend: Callable[[Mapping[str, int]], None] = lambda _known: None
        self.refusal: Exception | None = None

    def has(self, *states: ProductState) -> None:
        self.states |= {state.id: state for state in states}

    def decides(self, order_id: str, status: str, age_seconds: float = 1_000.0) -> None:
        self.decided[order_id] = DecidedOrder(
            id=order_id, status=OrderStatus(status), age_seconds=age_seconds
        )

    async def check_databases(self) -> None:
        if self.refusal:
            raise self.refusal

    async def products(self, ids: IdRange) -> list[ProductState]:
        self.read_in_detail.append(("products", ids))
        return [self.states[id_] for id_ in _first(self.states, ids)]

    async def digest_products(self, ids: IdRange) -> RangeDigest:
        found = _first(self.states, ids)
        digest = digest_products(self.states[id_] for id_ in found)
        return RangeDigest(count=len(found), last=found[-1] if found else None, digest=digest)

    async def decisions(self, ids: IdRange) -> list[DecidedOrder]:
        self.read_in_detail.append(("orders", ids))
        return [self.decided[id_] for id_ in _first(self.decided, ids)]

    async def digest_decisions(self, ids: IdRange) -> RangeDigest:
        found = _first(self.decided, ids)
        digest = digest_orders((id_, self.decided[id_].status) for id_ in found)
        return RangeDigest(count=len(found), last=found[-1] if found else None, digest=digest)

    async def resend(self, known: Mapping[str, int]) -> None:
        if known:
            self.resent.append(dict(known))
            self.on_resend(known)

    async def cancel(self, order_ids: Sequence[str]) -> None:
        self.cancelled.append(list(order_ids))


def _first(entries: Mapping[str, object], ids: IdRange) -> list[str]:
    after, until = ids.after or "", ids.until or "f" * 25
    return sorted(id_ for id_ in entries if after < id_ <= until)[:PAGE]


class Pause:
    """Records pauses. Something may happen meanwhile."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.meanwhile:
            await self.meanwhile()


@pytest.fixture
def products() -> FakeProducts:
    return FakeProducts()


@pytest.fixture
def pause() -> Pause:
    return Pause()
