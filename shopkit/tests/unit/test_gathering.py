from collections.abc import Callable

import pytest

from shopkit.gathering import MAX_SECONDS, Gathering


class Seconds:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def gathering(seconds: Seconds) -> Gathering:
    return Gathering("test", clock=seconds)


def serve(
    gathering: Gathering, seconds: Seconds, *, rate: float, batch_seconds: float, for_seconds: float
) -> list[float]:
    """Process what arrives at a rate, and return how long each batch waited."""
    waits = []
    arrived, end = 0.0, seconds.now + for_seconds
    while seconds.now < end:
        wait = gathering.seconds()
        waits.append(wait)
        began = seconds.now
        # A batch starts when there is at least one item.
        seconds.now += max(wait, (1 - arrived) / rate, 0.0)
        arrived += rate * (seconds.now - began)
        items = int(arrived + 1e-9)
        seconds.now += batch_seconds
        arrived += rate * batch_seconds - items
        gathering.record(items, batch_seconds)
    return waits


def test_does_not_wait_before_anything_was_processed(gathering: Gathering) -> None:
    assert gathering.seconds() == 0


def test_does_not_wait_when_few_items_arrive_during_a_batch(
    gathering: Gathering, seconds: Seconds
) -> None:
    waits = serve(gathering, seconds, rate=50, batch_seconds=0.02, for_seconds=10)
    assert set(waits) == {0.0}


def test_waits_longer_the_more_items_arrive_during_a_batch(
    gathering: Gathering, seconds: Seconds
) -> None:
    waits = [
        serve(gathering, seconds, rate=rate, batch_seconds=0.01, for_seconds=10)[-1]
        for rate in (250, 350, 450)
    ]
    assert 0 < waits[0] < waits[1] < waits[2] < MAX_SECONDS


def test_never_waits_longer_than_its_share_of_the_goal(
    gathering: Gathering, seconds: Seconds
) -> None:
    waits = serve(gathering, seconds, rate=5_000, batch_seconds=0.1, for_seconds=10)
    assert waits[-1] == max(waits) == MAX_SECONDS


def test_waits_again_for_nothing_once_it_is_quiet(gathering: Gathering, seconds: Seconds) -> None:
    # Given
    serve(gathering, seconds, rate=1_000, batch_seconds=0.02, for_seconds=10)
    assert gathering.seconds() == MAX_SECONDS
    # When
    seconds.now += 2
    # Then
    assert gathering.seconds() == 0


def test_a_single_large_batch_is_soon_forgotten(gathering: Gathering, seconds: Seconds) -> None:
    gathering.record(200, 0.05)
    seconds.now += 2
    assert gathering.seconds() == 0


def test_measures_sizes_and_the_wait(
    gathering: Gathering, seconds: Seconds, counted: Callable[..., float]
) -> None:
    # Given
    batches = counted("batch_items_count", stage="test")
    items = counted("batch_items_sum", stage="test")
    # When
    for _ in range(20):
        seconds.now += 0.02
        gathering.record(30, 0.02)
    wait = gathering.seconds()
    # Then
    assert counted("batch_items_count", stage="test") == batches + 20
    assert counted("batch_items_sum", stage="test") == items + 600
    assert counted("batch_gather_seconds", stage="test") == wait == MAX_SECONDS
