from datetime import timedelta

import pytest

from authentication.models.login_session import LoginSession, RefreshToken
from authentication.repositories.sessions import SessionRepository
from shopkit.storage.mongo import Database
from shopkit.testing import FakeClock
from shopkit.testing.deliveries import NOON

EARLIER = NOON - timedelta(seconds=1)
LIFETIME = timedelta(days=14)


@pytest.fixture
def sessions(any_database: Database) -> SessionRepository:
    return SessionRepository(any_database)


async def insert(sessions: SessionRepository, clock: FakeClock, session_id: str) -> LoginSession:
    login = LoginSession(session_id, 1, clock.now, clock.now, "Firefox on Linux")
    await sessions.insert(login, expires_at=clock.now + LIFETIME, session=None)
    return login


class TestExtend:
    async def test_returns_the_session(self, sessions: SessionRepository, clock: FakeClock) -> None:
        login = await insert(sessions, clock, "s1")
        extended = await sessions.extend(
            "s1",
            now=clock.now,
            started_after=EARLIER,
            expires_at=clock.now + LIFETIME,
            session=None,
        )
        assert extended == login

    async def test_returns_none_if_the_session_started_too_long_ago(
        self, sessions: SessionRepository, clock: FakeClock
    ) -> None:
        # Given
        login = await insert(sessions, clock, "s1")
        # When
        extended = await sessions.extend(
            "s1",
            now=clock.now,
            started_after=login.started_at,
            expires_at=clock.now + LIFETIME,
            session=None,
        )
        # Then
        assert extended is None

    async def test_returns_none_if_the_session_is_revoked(
        self, sessions: SessionRepository, clock: FakeClock
    ) -> None:
        # Given
        await insert(sessions, clock, "s1")
        await sessions.revoke("s1", now=clock.now, session=None)
        # When
        extended = await sessions.extend(
            "s1",
            now=clock.now,
            started_after=EARLIER,
            expires_at=clock.now + LIFETIME,
            session=None,
        )
        # Then
        assert extended is None


class TestRevoke:
    async def test_reports_whether_the_session_was_not_revoked_before(
        self, sessions: SessionRepository, clock: FakeClock
    ) -> None:
        await insert(sessions, clock, "s1")
        revoked = [await sessions.revoke("s1", now=clock.now, session=None) for _ in range(2)]
        assert revoked == [True, False]

    async def test_revokes_all_sessions_of_an_account_except_one(
        self, sessions: SessionRepository, clock: FakeClock
    ) -> None:
        # Given
        for session_id in ("s1", "s2", "s3"):
            await insert(sessions, clock, session_id)
        # When
        await sessions.revoke_all(1, except_session="s2", now=clock.now, session=None)
        # Then
        extended = [
            await sessions.extend(
                session_id,
                now=clock.now,
                started_after=NOON - LIFETIME,
                expires_at=clock.now + LIFETIME,
                session=None,
            )
            for session_id in ("s1", "s2", "s3")
        ]
        assert extended == [None, LoginSession("s2", 1, NOON, NOON, "Firefox on Linux"), None]


class TestDeleteOldest:
    async def test_keeps_the_newest_sessions_of_the_account(
        self, any_database: Database, sessions: SessionRepository, clock: FakeClock
    ) -> None:
        # Given
        for session_id in ("s1", "s2", "s3", "s4"):
            await insert(sessions, clock, session_id)
            clock.advance(seconds=1)
        other = LoginSession("other", 2, NOON, NOON, "Firefox on Linux")
        await sessions.insert(other, expires_at=NOON + LIFETIME, session=None)
        # When
        await sessions.delete_oldest(1, keep=2, session=None)
        await sessions.delete_oldest(2, keep=2, session=None)
        # Then
        rows = await any_database["sessions"].find().to_list()
        assert {row["_id"] for row in rows} == {"s3", "s4", "other"}


class TestSpendToken:
    async def test_returns_a_token_only_once(
        self, sessions: SessionRepository, clock: FakeClock
    ) -> None:
        # Given
        token = RefreshToken("digest", "s1", clock.now + LIFETIME, by_cookie=True)
        await sessions.insert_token(token, session=None)
        # When
        first = await sessions.spend_token("digest", now=clock.now, session=None)
        second = await sessions.spend_token("digest", now=clock.now, session=None)
        # Then
        assert (first, second) == (token, None)
        stored = await sessions.find_token("digest", session=None)
        assert stored is not None
        assert stored.spent_at == clock.now

    async def test_returns_none_if_the_token_is_expired(
        self, sessions: SessionRepository, clock: FakeClock
    ) -> None:
        # Given
        token = RefreshToken("digest", "s1", clock.now, by_cookie=True)
        await sessions.insert_token(token, session=None)
        # When
        spent = await sessions.spend_token("digest", now=clock.now, session=None)
        # Then
        assert spent is None
        assert await sessions.find_token("digest", session=None) == token
