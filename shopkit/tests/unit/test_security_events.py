from collections.abc import Callable

import pytest
import structlog

from shopkit import security_events
from shopkit.security_events import SecurityEvent, report, truncate
from shopkit.storage.unit_of_work import UnitOfWork
from shopkit.testing import FakeTransactions

ACCOUNT = "65f0c0ffee0000000000000a"
Counted = Callable[..., float]


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A logger that no earlier test has configured, because a logger keeps its configuration."""
    structlog.reset_defaults()
    monkeypatch.setattr(security_events, "log", structlog.get_logger())


@pytest.mark.parametrize("event", SecurityEvent)
def test_counts_and_logs_an_event(event: SecurityEvent, counted: Counted) -> None:
    # Given
    before = counted("security_events_total", event=event.value)
    # When
    with structlog.testing.capture_logs() as lines:
        report(event, account_id=ACCOUNT, address="203.0.113.77")
    # Then
    assert counted("security_events_total", event=event.value) == before + 1
    assert lines == [
        {
            "event": "security event",
            "log_level": "warning",
            "kind": event.value,
            "account": ACCOUNT,
            "network": "203.0.113.0/24",
        }
    ]


def test_logs_what_is_unknown_as_such() -> None:
    with structlog.testing.capture_logs() as lines:
        report(SecurityEvent.THROTTLED)
    [line] = lines
    assert (line["account"], line["network"]) == (None, None)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        (" 203.0.113.77 ", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("ann@shop.example", ""),
        ("", ""),
    ],
)
def test_truncates_addresses(address: str, network: str) -> None:
    assert truncate(address) == network


async def test_a_transaction_reports_after_its_commit(counted: Counted) -> None:
    # Given
    before = counted("security_events_total", event="role-changed")
    seen: list[float] = []

    async def work(unit: UnitOfWork) -> None:
        unit.report(SecurityEvent.ROLE_CHANGED, account_id=ACCOUNT)
        seen.append(counted("security_events_total", event="role-changed"))

    # When
    await FakeTransactions().run(work)
    # Then
    assert seen == [before]
    assert counted("security_events_total", event="role-changed") == before + 1


async def test_a_transaction_that_fails_reports_nothing(counted: Counted) -> None:
    # Given
    before = counted("security_events_total", event="role-changed")

    async def work(unit: UnitOfWork) -> None:
        unit.report(SecurityEvent.ROLE_CHANGED, account_id=ACCOUNT)
        raise ValueError

    # When
    with pytest.raises(ValueError, match=r"^$"):
        await FakeTransactions().run(work)
    # Then
    assert counted("security_events_total", event="role-changed") == before
