"""The bodies of accounts, sessions and access tokens."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    EmailStr,
    Field,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from authentication.models import password
from authentication.models.account import Account, AccountRole, Profile
from authentication.models.email_address import as_typed, normalize
from authentication.models.login_session import LoginSession, Revocation
from authentication.services.keys import PublicKey
from shopkit.identity import Identity
from shopkit.text import Line, Text, require_encodable


def _refuse_display_name(value: Any) -> Any:
    # EmailStr would accept "Name <address>" and drop the name.
    if isinstance(value, str) and "<" in require_encodable(value):
        raise ValueError("must be an email address without a name")
    return value


KnownEmail = Annotated[Text, Field(max_length=320), AfterValidator(normalize)]
"""The email address of an existing account. If it is malformed, no account has it."""

CurrentPassword = Annotated[Text, Field(max_length=1024)]
"""A password to check. The passwords of old accounts may be short."""


def _keep_spelling(text: Any, validate: ValidatorFunctionWrapHandler) -> str:
    validate(text)
    return as_typed(text)


NewEmail = Annotated[EmailStr, WrapValidator(_keep_spelling), BeforeValidator(_refuse_display_name)]
"""The email address of a new account, as it was typed."""

NewPassword = Annotated[
    CurrentPassword,
    AfterValidator(password.normalize),
    AfterValidator(password.require_length),
    AfterValidator(password.require_uncommon),
    WithJsonSchema(
        {"type": "string", "minLength": password.MIN_LENGTH, "maxLength": password.MAX_LENGTH}
    ),
]


class RegisterRequest(BaseModel):
    """The body of `POST /api/register`."""

    email: NewEmail
    password: NewPassword


class LoginRequest(BaseModel):
    """The body of `POST /api/login`. If `cookie` is true, the refresh token is set as a cookie."""

    email: KnownEmail
    password: CurrentPassword
    cookie: bool = False


class RefreshRequest(BaseModel):
    """A refresh token. Omit it if it is sent as a cookie."""

    refresh_token: Annotated[Text, Field(max_length=1024)] | None = None


class ChangePasswordRequest(BaseModel):
    """The body of `POST /api/me/password`."""

    current: CurrentPassword
    new: NewPassword


Token = Annotated[Text, Field(min_length=1, max_length=128)]
"""The token of a link in a mail."""


class TokenRequest(BaseModel):
    """The token of a link in a mail, which is in the fragment of the link."""

    token: Token


class PasswordResetRequest(BaseModel):
    """The body of `POST /api/password-resets`."""

    email: KnownEmail


class NewPasswordRequest(BaseModel):
    """The body of `POST /api/password-resets/confirm`."""

    token: Token
    password: NewPassword


class EmailChangeRequest(BaseModel):
    """The body of `POST /api/me/email`."""

    email: NewEmail
    password: CurrentPassword


Locale = Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Z]{2})?$", description="Such as `en-IE`.")]


class ProfileRequest(BaseModel):
    """The body of `PATCH /api/me`. Omitted fields are not changed. `null` removes a value."""

    name: Line | None = None
    locale: Locale | None = None

    def changes(self) -> dict[str, str | None]:
        """Return the fields of the request. An empty name is none."""
        return {name: value or None for name, value in self.model_dump(exclude_unset=True).items()}


class ChangeRoleRequest(BaseModel):
    """The body of `PATCH /api/users/{id}`."""

    role: AccountRole


class AccountBody(BaseModel):
    """What every body of an account has. The email address is as its owner typed it."""

    id: str
    email: str
    role: AccountRole


class RegisteredBody(AccountBody):
    """A new account. `mail_sent` is whether a link to confirm the email address was sent to it."""

    mail_sent: bool

    @classmethod
    def of(cls, account: Account, *, mail_sent: bool) -> Self:
        """Return the body for a new account."""
        return cls(
            id=str(account.id), email=account.shown_email, role=account.role, mail_sent=mail_sent
        )


class PendingEmailBody(BaseModel):
    """A new email address that the caller has requested, and until when its link can be used."""

    email: str
    expires_at: datetime


class ProfileBody(AccountBody):
    """The caller's account.

    `verified` is whether the email address was confirmed. `pending_email` is the address that
    replaces it if it is confirmed in time.
    """

    verified: bool
    pending_email: PendingEmailBody | None
    name: str | None
    locale: str | None

    @classmethod
    def of(cls, profile: Profile) -> Self:
        """Return the body for the caller's account."""
        account, change = profile.account, profile.email_change
        return cls(
            id=str(account.id),
            email=account.shown_email,
            role=account.role,
            verified=account.verified,
            pending_email=(
                PendingEmailBody(email=change.email, expires_at=change.expires_at)
                if change
                else None
            ),
            name=account.name,
            locale=account.locale,
        )


class SessionBody(BaseModel):
    """A session of the caller. `device` is from a closed list, such as `Firefox on Windows`."""

    id: str
    device: str
    started_at: datetime
    last_used_at: datetime
    current: bool

    @classmethod
    def of(cls, login: LoginSession, caller: Identity) -> Self:
        """Return the body for a session."""
        return cls(
            id=login.id,
            device=login.device,
            started_at=login.started_at,
            last_used_at=login.last_used_at,
            current=login.id == caller.session,
        )


class SessionsBody(BaseModel):
    """The caller's sessions, newest first."""

    sessions: list[SessionBody]


class TokensBody(BaseModel):
    """The tokens of a session. The refresh token is omitted if it is set as a cookie."""

    access_token: str
    refresh_token: str | None = None


class ListedAccountBody(AccountBody):
    """An account as admins see it. `created_at` is null for old accounts."""

    created_at: datetime | None

    @classmethod
    def of(cls, account: Account) -> Self:
        """Return the body for an account."""
        return cls(
            id=str(account.id),
            email=account.shown_email,
            role=account.role,
            created_at=account.created_at,
        )


class AccountsBody(BaseModel):
    """A page of accounts, ordered by email address."""

    users: list[ListedAccountBody]
    next_cursor: str | None


class JsonWebKey(BaseModel):
    """A public RSA key, as RFC 7517 defines it."""

    kty: str = "RSA"
    use: str = "sig"
    alg: str = "RS256"
    kid: str
    n: str
    e: str

    @classmethod
    def of(cls, key: PublicKey) -> Self:
        """Return the body for a key."""
        return cls(kid=key.kid, n=key.n, e=key.e)


class JsonWebKeySet(BaseModel):
    """The public keys that verify access tokens, as RFC 7517 defines it."""

    keys: list[JsonWebKey]


class RevocationBody(BaseModel):
    """Access tokens to refuse: all of a session, or those of an account issued before a time."""

    account: str | None
    email: str | None
    session: str | None
    before: float
    except_session: str | None

    @classmethod
    def of(cls, revocation: Revocation) -> Self:
        """Return the body for a revocation."""
        return cls.model_validate(revocation, from_attributes=True)


class RevocationsBody(BaseModel):
    """A page of the revocations that affect a token that has not expired."""

    revocations: list[RevocationBody]
    next_cursor: str | None
