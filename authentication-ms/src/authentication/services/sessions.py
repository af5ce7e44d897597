"""Signs shoppers in and out, and refreshes their tokens."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bson import ObjectId

from authentication.errors import (
    CallerDeletedError,
    RefreshRefusedError,
    SessionNotFoundError,
    WrongCredentialsError,
)
from authentication.models.account import Account
from authentication.models.login_session import (
    LoginSession,
    RefreshToken,
    TokenPair,
    Verdict,
    digest,
)
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.sessions import SessionRepository
from authentication.services.access import AccessService
from authentication.services.passwords import PasswordHasher
from authentication.services.revocations import RevocationService
from authentication.services.throttle import Throttle
from authentication.services.tokens import AccessTokenIssuer
from shopkit.clock import Clock
from shopkit.identity import Identity
from shopkit.security_events import SecurityEvent
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork

SESSION_LIMIT = 20
"""How many log-in sessions an account can have. A further log-in ends the oldest."""
SESSION_LIFETIME = timedelta(days=90)
"""How long after its log-in a session can be continued, however often it is used."""


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a refresh token is valid, and how long a spent one in a cookie is tolerated."""

    refresh_token: timedelta
    cookie_grace: timedelta


@dataclass(frozen=True, slots=True)
class _Issue:
    """The contents of a token pair, which is signed after the transaction has committed."""

    account: Account
    session_id: str
    iat: int
    now: datetime
    refresh_token: str


class SessionService:
    """Starts, continues and ends log-in sessions."""

    def __init__(
        self,
        *,
        transactions: Transactions,
        accounts: AccountRepository,
        sessions: SessionRepository,
        revocations: RevocationService,
        access: AccessService,
        hasher: PasswordHasher,
        throttle: Throttle,
        access_tokens: AccessTokenIssuer,
        lifetimes: Lifetimes,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._accounts = accounts
        self._sessions = sessions
        self._revocations = revocations
        self._access = access
        self._hasher = hasher
        self._throttle = throttle
        self._access_tokens = access_tokens
        self._lifetimes = lifetimes
        self._clock = clock

    async def log_in(
        self, email: str, password: str, *, address: str, device: str, by_cookie: bool
    ) -> TokenPair:
        """Start a session.

        Args:
            email: The normalized email address.
            password: The password.
            address: The client's IP address, for the throttle.
            device: The kind of device, as `device_of` returns it.
            by_cookie: Whether the refresh token will be set as a cookie.

        Raises:
            WrongCredentialsError: No account has this email address and password.
            TooManyAttemptsError: The address failed too often, altogether or for this account.
            PasswordsBusyError: Too many passwords are waiting to be checked.
        """
        async with self._throttle.attempt(address, email):
            issue = await self._try_log_in(email, password, device, by_cookie=by_cookie)
            if issue is None:
                # A concurrent log-in may have upgraded the hash, so the password is checked again.
                issue = await self._try_log_in(email, password, device, by_cookie=by_cookie)
            if issue is None:
                raise WrongCredentialsError(email)
        return self._sign(issue)

    async def refresh(self, token: str, *, address: str, by_cookie: bool) -> TokenPair:
        """Spend a refresh token, and return new tokens of its session.

        A token that is used again ends its session, because it may have been stolen.

        Args:
            token: The refresh token.
            address: The client's IP address, for the throttle and the security event.
            by_cookie: Whether it was received in a cookie.

        Raises:
            RefreshRefusedError: The token is unknown, expired, revoked or already used.
            TooManyAttemptsError: The address used too many such tokens.
        """

        async def work(unit: UnitOfWork) -> _Issue | None:
            # Returns None instead of raising, so that the end of a session is committed.
            now = self._clock()
            spent = await self._spend(
                digest(token), now, unit, address=address, by_cookie=by_cookie
            )
            if spent is None:
                return None
            login = await self._sessions.extend(
                spent.session_id,
                now=now,
                started_after=now - SESSION_LIFETIME,
                expires_at=self._expiry(now),
                session=unit.session,
            )
            if login is None:
                return None
            account = await self._accounts.find_by_id(login.account_id, session=unit.session)
            if account is None:
                return None
            iat = account.next_iat(now)
            await self._accounts.record_token(account, iat=iat, session=unit.session)
            refresh_token = await self._add_token(login, now, unit, by_cookie=spent.by_cookie)
            return _Issue(account, login.id, iat, now, refresh_token)

        async with self._throttle.refresh(address):
            issue = await self._transactions.run(work, seconds=HTTP_SECONDS)
            if issue is None:
                raise RefreshRefusedError
        return self._sign(issue)

    async def log_out(self, token: str) -> None:
        """End the session of a refresh token. An unknown token is ignored."""

        async def work(unit: UnitOfWork) -> None:
            stored = await self._sessions.find_token(digest(token), session=unit.session)
            if stored:
                await self._end(stored.session_id, unit)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def list_own(self, caller: Identity) -> list[LoginSession]:
        """Return the caller's sessions that can be continued, newest first."""
        return await self._sessions.list_open(
            ObjectId(caller.account_id), now=self._clock(), limit=SESSION_LIMIT
        )

    async def end_own(self, caller: Identity, session_id: str) -> None:
        """End one of the caller's sessions. Nothing changes if it has ended.

        Raises:
            SessionNotFoundError: The caller has no such session.
        """

        async def work(unit: UnitOfWork) -> None:
            if not await self._sessions.belongs_to(
                session_id, ObjectId(caller.account_id), session=unit.session
            ):
                raise SessionNotFoundError(session_id)
            await self._end(session_id, unit)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def end_all_own(self, caller: Identity) -> None:
        """End all of the caller's sessions, the current one too.

        Raises:
            CallerDeletedError: The account was deleted.
        """

        async def work(unit: UnitOfWork) -> None:
            now = self._clock()
            account = await self._accounts.find_by_id(
                ObjectId(caller.account_id), session=unit.session
            )
            if account is None:
                raise CallerDeletedError(caller.account_id)
            before = account.revocation_iat(now)
            await self._accounts.revoke_tokens(account, least_iat=before, session=unit.session)
            await self._access.end_sessions(account, before=before, now=now, unit=unit)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _try_log_in(
        self, email: str, password: str, device: str, *, by_cookie: bool
    ) -> _Issue | None:
        """Start a session, or return None if the account changed after its password was checked."""
        checked = await self._accounts.find_by_email(email)
        matches = await self._hasher.matches(password, checked)
        if checked is None or not matches:
            raise WrongCredentialsError(email, str(checked.id) if checked else "")
        password_hash = await self._hasher.upgrade(password, checked)

        async def work(unit: UnitOfWork) -> _Issue | None:
            now = self._clock()
            account = await self._accounts.find_by_id(checked.id, session=unit.session)
            if account is None:
                return None
            iat = account.next_iat(now)
            if not await self._accounts.record_login(
                checked, password_hash=password_hash, iat=iat, session=unit.session
            ):
                return None
            login = LoginSession(secrets.token_hex(16), account.id, now, now, device)
            await self._sessions.insert(login, expires_at=self._expiry(now), session=unit.session)
            await self._sessions.delete_oldest(account.id, keep=SESSION_LIMIT, session=unit.session)
            refresh_token = await self._add_token(login, now, unit, by_cookie=by_cookie)
            return _Issue(account, login.id, iat, now, refresh_token)

        return await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _spend(
        self,
        token_digest: str,
        now: datetime,
        unit: UnitOfWork,
        *,
        address: str,
        by_cookie: bool,
    ) -> RefreshToken | None:
        """Spend a token, or tolerate a spent one, or end the session of a reused one."""
        spent = await self._sessions.spend_token(token_digest, now=now, session=unit.session)
        if spent:
            return spent
        token = await self._sessions.find_token(token_digest, session=unit.session)
        if token is None:
            return None
        verdict = token.assess(now, by_cookie=by_cookie, grace=self._lifetimes.cookie_grace)
        if verdict is Verdict.REUSED:
            owner = await self._sessions.find_owner(token.session_id, session=unit.session)
            unit.report(SecurityEvent.REFRESH_REUSED, account_id=owner, address=address)
            await self._end(token.session_id, unit)
        return token if verdict is Verdict.IN_GRACE_PERIOD else None

    async def _add_token(
        self, login: LoginSession, now: datetime, unit: UnitOfWork, *, by_cookie: bool
    ) -> str:
        token = secrets.token_urlsafe(32)
        expires_at = min(self._expiry(now), login.started_at + SESSION_LIFETIME)
        stored = RefreshToken(digest(token), login.id, expires_at, by_cookie)
        await self._sessions.insert_token(stored, session=unit.session)
        return token

    async def _end(self, session_id: str, unit: UnitOfWork) -> None:
        now = self._clock()
        if await self._sessions.revoke(session_id, now=now, session=unit.session):
            await self._revocations.revoke_session(session_id, now=now, unit=unit)

    def _expiry(self, now: datetime) -> datetime:
        return now + self._lifetimes.refresh_token

    def _sign(self, issue: _Issue) -> TokenPair:
        access_token = self._access_tokens.issue(
            issue.account, session_id=issue.session_id, iat=issue.iat, now=issue.now
        )
        return TokenPair(access_token, issue.refresh_token)
