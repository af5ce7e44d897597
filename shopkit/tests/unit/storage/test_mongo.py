import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)
from pymongo.hello import Hello
from pymongo.lock import _async_cond_wait, _async_create_condition, _async_create_lock
from pymongo.monitoring import ServerHeartbeatSucceededEvent

from shopkit.settings import Environment, MongoSettings
from shopkit.storage import mongo
from shopkit.storage.mongo import (
    DatabaseClock,
    GuardMissedError,
    check_writable_primary,
    is_stale,
    is_temporary,
)
from shopkit.storage.unit_of_work import MongoTransactions


def labelled(label: str) -> PyMongoError:
    error = OperationFailure("no", 1)
    error._add_error_label(label)
    return error


class TestIsTemporary:
    @pytest.mark.parametrize(
        "error",
        [
            AutoReconnect(),
            NetworkTimeout(),
            ServerSelectionTimeoutError(),
            ExecutionTimeout("slow", 50),
            WTimeoutError("slow", 64),
            GuardMissedError("another wrote"),
            labelled("TransientTransactionError"),
            labelled("RetryableWriteError"),
            OperationFailure("not primary", 10_107),
            OperationFailure("stepped down", 189),
            OperationFailure("write conflict", 112),
            OperationFailure("no keys found for HMAC", 211),
        ],
    )
    def test_is_true_for_errors_that_may_succeed_later(self, error: Exception) -> None:
        assert is_temporary(error)

    @pytest.mark.parametrize(
        "error",
        [
            OperationFailure("not authorised", 13),
            OperationFailure("breaks the rules", 121),
            DuplicateKeyError("there", 11_000),
            PyMongoError("strange"),
            ValueError("no"),
            OSError("no"),
        ],
    )
    def test_is_false_for_other_errors(self, error: Exception) -> None:
        assert not is_temporary(error)


class TestIsStale:
    def test_is_true_for_duplicate_keys_and_missed_guards(self) -> None:
        assert is_stale(DuplicateKeyError("there", 11_000))
        assert is_stale(BulkWriteError({"writeErrors": [{"code": 121}, {"code": 11_000}]}))
        assert is_stale(GuardMissedError("another wrote"))

    def test_is_false_for_other_errors(self) -> None:
        assert not is_stale(BulkWriteError({"writeErrors": [{"code": 121}]}))
        assert not is_stale(OperationFailure("no", 1))


class Client:
    """Runs what is given at once; its options are remembered."""

    def __init__(self) -> None:
        self.options: list[dict[str, Any]] = []

    def start_session(self) -> "Client":
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing has to be given back."""

    async def with_transaction(self, work: Any, **options: Any) -> Any:
        self.options.append(options)
        return await work(self)


class Work:
    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.runs = 0

    async def __call__(self, session: Any) -> str:
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


class TestTransactions:
    @pytest.fixture
    def client(self) -> Any:
        return Client()

    async def test_use_snapshot_reads_and_majority_writes(self, client: Any) -> None:
        # When
        assert await MongoTransactions(client).run(Work()) == "done"
        # Then
        (options,) = client.options
        assert options["read_concern"].level == "snapshot"
        assert options["write_concern"].document == {"w": "majority", "wtimeout": 10_000}

    async def test_run_again_after_duplicate_keys_and_missed_guards(self, client: Any) -> None:
        work = Work(
            DuplicateKeyError("there", 11_000),
            BulkWriteError({"writeErrors": [{"code": 11_000}]}),
            GuardMissedError("another wrote"),
        )
        assert await MongoTransactions(client).run(work, seconds=5) == "done"
        assert work.runs == 4

    async def test_give_up_on_a_permanent_duplicate_key(self, client: Any) -> None:
        work = Work(*[DuplicateKeyError("there", 11_000)] * 9)
        with pytest.raises(DuplicateKeyError):
            await MongoTransactions(client).run(work)
        assert work.runs == 5

    @pytest.mark.parametrize(
        "error", [ValueError("no"), BulkWriteError({"writeErrors": [{"code": 121}]})]
    )
    async def test_do_not_run_again_after_other_errors(self, client: Any, error: Exception) -> None:
        work = Work(error)
        with pytest.raises(type(error)):
            await MongoTransactions(client).run(work)
        assert work.runs == 1


class TestDatabaseClock:
    NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

    def heartbeat(self, local_time: datetime, *, primary: bool) -> ServerHeartbeatSucceededEvent:
        document = {
            "ok": 1,
            "setName": "orders",
            "isWritablePrimary": primary,
            "secondary": not primary,
            "maxWireVersion": 25,
            # The driver decodes the heartbeat's dates without a time zone.
            "localTime": local_time.replace(tzinfo=None),
        }
        return ServerHeartbeatSucceededEvent(0.001, Hello(document), ("127.0.0.1", 1), True)

    def test_is_unavailable_until_a_primary_has_reported_its_time(self) -> None:
        clock = DatabaseClock()
        clock.succeeded(self.heartbeat(self.NOON, primary=False))
        with pytest.raises(AutoReconnect):
            clock()

    def test_shows_the_primarys_time_and_advances_with_the_monotonic_clock(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        now = 1_000.0
        monkeypatch.setattr("time.monotonic", lambda: now)
        clock = DatabaseClock()
        # When
        clock.succeeded(self.heartbeat(self.NOON, primary=True))
        now += 2.5
        # Then: this machine's own time plays no part.
        assert clock() == self.NOON + timedelta(seconds=2.5)

    def test_ignores_secondaries(self) -> None:
        clock = DatabaseClock()
        clock.succeeded(self.heartbeat(self.NOON, primary=True))
        clock.succeeded(self.heartbeat(self.NOON + timedelta(hours=6), primary=False))
        assert clock() - self.NOON < timedelta(seconds=1)

    def test_is_utc_to_the_millisecond(self) -> None:
        clock = DatabaseClock()
        clock.succeeded(self.heartbeat(self.NOON, primary=True))
        assert clock().tzinfo is UTC
        assert clock().microsecond % 1000 == 0


class TestDriversLock:
    async def test_is_released_if_a_task_is_cancelled_as_its_wait_for_a_primary_ends(self) -> None:
        # Given: the wait has timed out, but another task has the lock.
        lock = _async_create_lock()
        condition = _async_create_condition(lock)

        async def select_server() -> None:
            async with lock:
                await _async_cond_wait(condition, 0.001)

        waiting = asyncio.create_task(select_server())
        await asyncio.sleep(0)
        async with lock:
            await asyncio.sleep(0.01)
            # When
            waiting.cancel()
            await asyncio.sleep(0)
        # Then
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with asyncio.timeout(1), lock:
            assert lock.locked()


class TestConnect:
    async def test_uses_majority_concern_and_waits_for_an_election(self) -> None:
        # Given
        settings = MongoSettings(
            environment=Environment.DEVELOPMENT, port=1, mongo_url="mongodb://127.0.0.1:1"
        )
        # When
        async with mongo.connect(settings, "orders-ms") as client:
            # Then
            assert client.write_concern.document == {"w": "majority", "wtimeout": 10_000}
            assert client.read_concern.level == "majority"
            assert client.options.server_selection_timeout == 12
            assert client.codec_options.tz_aware


class TestCheckWritablePrimary:
    def client(self, answer: dict[str, Any]) -> Any:
        class Admin:
            async def command(self, name: str) -> dict[str, Any]:
                assert name == "hello"
                return answer

        class Answering:
            admin = Admin()

        return Answering()

    async def test_passes_for_a_writable_primary(self) -> None:
        await check_writable_primary(self.client({"isWritablePrimary": True}))

    @pytest.mark.parametrize("answer", [{}, {"isWritablePrimary": False}])
    async def test_fails_for_other_servers(self, answer: dict[str, Any]) -> None:
        with pytest.raises(ConnectionError, match="no writable primary"):
            await check_writable_primary(self.client(answer))
