"""Log-in, refresh and log-out."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from authentication.errors import RefreshRefusedError, WrongCredentialsError
from authentication.models.accounts import Account
from authentication.models.sessions import Grant, RefreshToken, Session, Verdict, digest
from authentication.repositories.accounts import AccountRepository
from authentication.repositories.sessions import SessionRepository
from authentication.services.passwords import Passwords
from authentication.services.revocations import Revocations
from authentication.services.throttle import Throttle
from authentication.services.tokens import AccessTokens
from shopkit.clock import Clock
from shopkit.storage import mongo
from shopkit.storage.unit_of_work import HTTP_SECONDS, Transactions, UnitOfWork


@dataclass(frozen=True, slots=True)
class Lives:
    """How long a refresh token lives, and how long a spent one in a cookie is forgiven."""

    refresh_token: timedelta
    cookie_grace: timedelta


@dataclass(frozen=True, slots=True)
class _Issue:
    """What a transaction decided; the tokens are made of it once it is committed."""

    account: Account
    family: str
    iat: int
    now: datetime
    refresh_token: str


class Sessions:
    """Opens, continues and ends sessions."""

    def __init__(
        self,
        accounts: AccountRepository,
        sessions: SessionRepository,
        *,
        passwords: Passwords,
        throttle: Throttle,
        tokens: AccessTokens,
        revocations: Revocations,
        transactions: Transactions,
        lives: Lives,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._tokens = tokens
        self._revocations = revocations
        self._transactions = transactions
        self._lives = lives
        self._clock = clock

    async def log_in(self, email: str, password: str, *, address: str, by_cookie: bool) -> Grant:
        """Open a session.

        Args:
            email: As typed, normalised.
            password: As typed.
            address: The client's, for the throttle.
            by_cookie: Whether the refresh token will be kept in a cookie.

        Raises:
            WrongCredentialsError: No account has this e-mail and password.
            TooManyAttemptsError: The address, or it for this account, failed too often.
            PasswordsBusyError: Too many passwords wait to be checked.
        """
        async with self._throttle.attempt(address, email):
            issue = await self._check_and_open(email, password, by_cookie=by_cookie)
            if issue is None:
                # The hash was replaced meanwhile, perhaps only made anew by another log-in.
                issue = await self._check_and_open(email, password, by_cookie=by_cookie)
            if issue is None:
                raise WrongCredentialsError(email)
        return self._grant(issue)

    async def refresh(self, token: str, *, by_cookie: bool) -> Grant:
        """Continue a session: the token is spent, and its successor returned.

        Raises:
            RefreshRefusedError: The token is unknown, expired, revoked or was used before; in
                the last case its session is revoked.
        """
        issue = await self._transactions.run(
            lambda unit: self._continue(digest(token), by_cookie=by_cookie, session=unit.session),
            seconds=HTTP_SECONDS,
        )
        if issue is None:
            raise RefreshRefusedError
        return self._grant(issue)

    async def log_out(self, token: str) -> None:
        """End the session that a token belongs to, if it is one, spent or not."""

        async def work(unit: UnitOfWork) -> None:
            found = await self._sessions.find_token(digest(token), session=unit.session)
            if found:
                await self._end(found.family, session=unit.session)

        await self._transactions.run(work, seconds=HTTP_SECONDS)

    async def _check_and_open(self, email: str, password: str, *, by_cookie: bool) -> _Issue | None:
        account = await self._accounts.find(email)
        matches = await self._passwords.matches(password, account)
        if account is None or not matches:
            raise WrongCredentialsError(email)
        new_hash = await self._passwords.refreshed(password, account)
        return await self._transactions.run(
            lambda unit: self._open(account, new_hash, by_cookie=by_cookie, session=unit.session),
            seconds=HTTP_SECONDS,
        )

    async def _open(
        self, checked: Account, new_hash: str, *, by_cookie: bool, session: mongo.Session
    ) -> _Issue | None:
        now = self._clock()
        account = await self._accounts.find_by_id(checked.id, session=session)
        if account is None:
            return None
        iat = account.next_iat(now)
        # Guarded by the hash that was checked: a password changed meanwhile opens nothing.
        if not await self._accounts.note_login(
            checked, password_hash=new_hash, iat=iat, session=session
        ):
            return None
        opened = Session(id=secrets.token_hex(16), account_id=account.id)
        expires_at = now + self._lives.refresh_token
        await self._sessions.add(opened, now=now, expires_at=expires_at, session=session)
        token = await self._add_token(opened.id, expires_at, by_cookie=by_cookie, session=session)
        return _Issue(account, opened.id, iat, now, token)

    async def _continue(
        self, presented: str, *, by_cookie: bool, session: mongo.Session
    ) -> _Issue | None:
        now = self._clock()
        token = await self._sessions.spend(presented, now=now, session=session)
        if token is None:
            token = await self._forgive(presented, now, by_cookie=by_cookie, session=session)
        if token is None:
            return None
        return await self._reissue(token, now, session=session)

    async def _forgive(
        self, presented: str, now: datetime, *, by_cookie: bool, session: mongo.Session
    ) -> RefreshToken | None:
        """Return a spent token that may have a sibling; revoke the family of one reused."""
        token = await self._sessions.find_token(presented, session=session)
        if token is None:
            return None
        verdict = token.judge(now, by_cookie=by_cookie, grace=self._lives.cookie_grace)
        if verdict is Verdict.REUSED:
            await self._end(token.family, session=session)
        return token if verdict is Verdict.SIBLING else None

    async def _reissue(
        self, old: RefreshToken, now: datetime, *, session: mongo.Session
    ) -> _Issue | None:
        expires_at = now + self._lives.refresh_token
        family = await self._sessions.prolong(old.family, expires_at=expires_at, session=session)
        if family is None:
            return None
        account = await self._accounts.find_by_id(family.account_id, session=session)
        if account is None:
            return None
        iat = account.next_iat(now)
        await self._accounts.note_token(account, iat=iat, session=session)
        token = await self._add_token(
            family.id, expires_at, by_cookie=old.by_cookie, session=session
        )
        return _Issue(account, family.id, iat, now, token)

    async def _add_token(
        self, family: str, expires_at: datetime, *, by_cookie: bool, session: mongo.Session
    ) -> str:
        token = secrets.token_urlsafe(32)
        stored = RefreshToken(digest(token), family, expires_at, by_cookie)
        await self._sessions.add_token(stored, session=session)
        return token

    async def _end(self, family: str, *, session: mongo.Session) -> None:
        now = self._clock()
        if await self._sessions.revoke(family, now=now, session=session):
            await self._revocations.end_session(family, now=now, session=session)

    def _grant(self, issue: _Issue) -> Grant:
        access_token = self._tokens.make(
            issue.account, family=issue.family, iat=issue.iat, now=issue.now
        )
        return Grant(access_token, issue.refresh_token)
