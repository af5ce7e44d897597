"""Shows dead letters, and carries out what an admin decides about them."""

from collections.abc import Awaitable, Callable

from shopkit.clock import Clock
from shopkit.messaging.dead_letters import (
    DeadLetters,
    Letter,
    LetterPage,
    LetterQuery,
    LetterStatus,
    LetterStep,
    Record,
    to_letter,
    to_record,
)
from shopkit.storage.audit import AuditTrail
from shopkit.storage.mongo import HTTP_SECONDS, Document, Session, Transactions, is_temporary


class LetterNotFoundError(Exception):
    """There is no such dead letter."""

    def __init__(self, letter_id: str) -> None:
        super().__init__(f"There is no dead letter {letter_id}.")
        self.letter_id = letter_id


class LetterSettledError(Exception):
    """A dead letter was replayed or discarded before."""

    def __init__(self, letter_id: str, status: str) -> None:
        super().__init__(f"The dead letter was {status} before.")
        self.letter_id = letter_id


class ReplayFailedError(Exception):
    """A dead letter could not be applied still."""

    def __init__(self, letter_id: str, reason: str) -> None:
        super().__init__(f"The event could not be applied: {reason}")
        self.letter_id = letter_id
        self.reason = reason


class DeadLetterService:
    """Shows dead letters, and carries out what an admin decides about them."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        letters: DeadLetters,
        trail: AuditTrail,
        apply: Callable[[Record], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._letters = letters
        self._trail = trail
        self._apply = apply
        self._clock = clock

    async def page(self, query: LetterQuery) -> LetterPage:
        """Return the letters that a query asks for, newest first."""
        return await self._letters.page(query)

    async def letter(self, letter_id: str) -> Letter:
        """Return a letter.

        Raises:
            LetterNotFoundError: There is none of this id.
        """
        return to_letter(await self._stored(letter_id))

    async def replay(self, letter_id: str, actor: str) -> Letter:
        """Apply a parked event now; whatever it does, it does once, however often it is applied.

        Raises:
            LetterNotFoundError: There is none of this id.
            LetterSettledError: It was replayed or discarded before.
            ReplayFailedError: It can't be applied still; it stays parked.
        """
        row = await self._parked(letter_id)
        try:
            await self._apply(to_record(row))
        except Exception as error:
            if is_temporary(error):
                raise
            await self._note(letter_id, actor, "replay failed", repr(error), LetterStatus.PARKED)
            raise ReplayFailedError(letter_id, str(error)) from error
        await self._note(letter_id, actor, "replay", "", LetterStatus.REPLAYED)
        return await self.letter(letter_id)

    async def discard(self, letter_id: str, actor: str, reason: str) -> Letter:
        """Give a parked event up, for a reason.

        Raises:
            LetterNotFoundError: There is none of this id.
            LetterSettledError: It was replayed or discarded before.
        """
        await self._parked(letter_id)
        await self._note(letter_id, actor, "discard", reason, LetterStatus.DISCARDED)
        return await self.letter(letter_id)

    async def _stored(self, letter_id: str) -> Document:
        row = await self._letters.by_id(letter_id)
        if row is None:
            raise LetterNotFoundError(letter_id)
        return row

    async def _parked(self, letter_id: str) -> Document:
        row = await self._stored(letter_id)
        if row["status"] != LetterStatus.PARKED:
            raise LetterSettledError(letter_id, row["status"])
        return row

    async def _note(
        self, letter_id: str, actor: str, action: str, detail: str, status: LetterStatus
    ) -> None:
        step = LetterStep(at=self._clock(), actor=actor, action=action, detail=detail[:2_000])

        async def work(session: Session) -> None:
            if not await self._letters.note(letter_id, step, status, session=session):
                raise LetterSettledError(letter_id, "settled")
            await self._trail.add(
                actor=actor,
                action=f"dead letter: {action}",
                subject=letter_id,
                before={"status": LetterStatus.PARKED},
                after={"status": status, "detail": step.detail},
                at=step.at,
                session=session,
            )

        await self._transactions.run(work, seconds=HTTP_SECONDS)
