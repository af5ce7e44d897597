"""Lets admins inspect, replay and discard dead letters."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from shopkit.clock import Clock
from shopkit.identity import Actor, name_of
from shopkit.messaging.dead_letters import (
    DeadLetter,
    DeadLetterRepository,
    DeadLetterStatus,
    HistoryEntry,
    Record,
)
from shopkit.messaging.handlers import HandlerTable, applier
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import Database, is_temporary
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork

_MAX_DETAIL = 2_000


class DeadLetterNotFoundError(Exception):
    """The dead letter does not exist."""

    def __init__(self, letter_id: str) -> None:
        super().__init__(f"There is no dead letter {letter_id}.")
        self.letter_id = letter_id


class DeadLetterClosedError(Exception):
    """The dead letter has already been replayed or discarded."""

    def __init__(self, letter_id: str, status: str) -> None:
        super().__init__(f"The dead letter has already been {status}.")
        self.letter_id = letter_id


class ReplayFailedError(Exception):
    """The dead letter still cannot be applied."""

    def __init__(self, letter_id: str, reason: str) -> None:
        super().__init__(f"The event could not be applied: {reason}")
        self.letter_id = letter_id
        self.reason = reason


class DeadLetterService:
    """Lists, replays and discards dead letters."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        letters: DeadLetterRepository,
        trail: AuditTrail,
        apply: Callable[[Record], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._letters = letters
        self._trail = trail
        self._apply = apply
        self._clock = clock

    async def page(
        self, status: DeadLetterStatus | None, *, limit: int, cursor: str | None
    ) -> tuple[Sequence[DeadLetter], str | None]:
        """Return a page of dead letters, newest first, and the cursor of the next page."""
        return await self._letters.page(status, limit=limit, cursor=cursor)

    async def get(self, letter_id: str) -> DeadLetter:
        """Return a dead letter.

        Raises:
            DeadLetterNotFoundError: It does not exist.
        """
        letter = await self._letters.find_by_id(letter_id)
        if letter is None:
            raise DeadLetterNotFoundError(letter_id)
        return letter

    async def replay(self, letter_id: str, actor: Actor) -> DeadLetter:
        """Apply a dead letter. This is safe to repeat, because handlers are idempotent.

        Raises:
            DeadLetterNotFoundError: It does not exist.
            DeadLetterClosedError: It has already been replayed or discarded.
            ReplayFailedError: It still cannot be applied, and stays parked.
        """
        letter = await self._get_parked(letter_id)
        try:
            await self._apply(letter.record)
        except Exception as error:
            if is_temporary(error):
                raise
            await self._update(
                letter_id, DeadLetterStatus.PARKED, actor, "replay failed", repr(error)
            )
            raise ReplayFailedError(letter_id, str(error)) from error
        await self._update(letter_id, DeadLetterStatus.REPLAYED, actor, "replay", "")
        return await self.get(letter_id)

    async def discard(self, letter_id: str, actor: Actor, reason: str) -> DeadLetter:
        """Discard a dead letter and store the reason.

        Raises:
            DeadLetterNotFoundError: It does not exist.
            DeadLetterClosedError: It has already been replayed or discarded.
        """
        await self._get_parked(letter_id)
        await self._update(letter_id, DeadLetterStatus.DISCARDED, actor, "discard", reason)
        return await self.get(letter_id)

    async def _get_parked(self, letter_id: str) -> DeadLetter:
        letter = await self.get(letter_id)
        if letter.status is not DeadLetterStatus.PARKED:
            raise DeadLetterClosedError(letter_id, letter.status)
        return letter

    async def _update(
        self, letter_id: str, status: DeadLetterStatus, actor: Actor, action: str, detail: str
    ) -> None:
        entry = HistoryEntry(self._clock(), name_of(actor), action, detail[:_MAX_DETAIL])

        async def work(unit: UnitOfWork) -> None:
            if not await self._letters.update_parked(
                letter_id, entry, status, session=unit.session
            ):
                raise DeadLetterClosedError(letter_id, "replayed or discarded")
            await self._trail.add(
                actor=actor,
                action=f"dead letter: {action}",
                subject=letter_id,
                before={"status": DeadLetterStatus.PARKED},
                after={"status": status, "detail": entry.detail},
                at=entry.at,
                session=unit.session,
            )

        await self._transactions.run(work, seconds=HTTP_SECONDS)


def dead_letters_of(
    database: Database,
    transactions: Transactions,
    tables: Mapping[str, HandlerTable],
    trail: AuditTrail,
    clock: Clock,
) -> DeadLetterService:
    """Return the service for the dead letters of consumers.

    Args:
        database: The database.
        transactions: Runs the units of work.
        tables: The handlers of each topic.
        trail: The audit trail.
        clock: The database's clock.
    """
    return DeadLetterService(
        transactions=transactions,
        letters=DeadLetterRepository(database, clock),
        trail=trail,
        apply=applier(tables),
        clock=clock,
    )
