"""What requests and answers look like."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, EmailStr, Field

from authentication.models.accounts import AccountRole
from authentication.models.emails import normalise
from shopkit.text import Text, require_encodable

EMAIL_LETTERS = 320


def _address_alone(value: Any) -> Any:
    # EmailStr would take the address out of "Name <address>".
    if isinstance(value, str) and "<" in require_encodable(value):
        raise ValueError("an e-mail address alone, without a name")
    return value


TypedEmail = Annotated[Text, Field(max_length=EMAIL_LETTERS), AfterValidator(normalise)]
"""An e-mail that names an account or none: whether it is well formed makes no difference."""

TypedPassword = Annotated[Text, Field(max_length=1024)]
"""A password to be checked; older ones may be short."""

NewEmail = Annotated[EmailStr, BeforeValidator(_address_alone), AfterValidator(normalise)]

NewPassword = Annotated[Text, Field(min_length=8, max_length=128)]


class RegisterRequest(BaseModel):
    """A new account."""

    email: NewEmail
    password: NewPassword


class LoginRequest(BaseModel):
    """A log-in; with `cookie` the refresh token comes in a cookie and not in the body."""

    email: TypedEmail
    password: TypedPassword
    cookie: bool = False


class RefreshRequest(BaseModel):
    """A refresh token, or nothing where it comes in the cookie."""

    refresh_token: Annotated[Text, Field(max_length=1024)] | None = None


class PasswordChangeRequest(BaseModel):
    """A change of one's own password."""

    current: TypedPassword
    new: NewPassword


class RoleChangeRequest(BaseModel):
    """A change of someone's role."""

    role: AccountRole


class AccountAnswer(BaseModel):
    """An account."""

    email: str
    role: AccountRole


class TokensAnswer(BaseModel):
    """The tokens; the refresh token is absent where it came in a cookie."""

    access_token: str
    refresh_token: str | None = None


class ListedAccount(AccountAnswer):
    """An account in the list; the oldest have no known time of creation."""

    created_at: datetime | None


class AccountList(BaseModel):
    """Some accounts in the order of their e-mails."""

    users: list[ListedAccount]
    next_cursor: str | None


class JsonWebKey(BaseModel):
    """A public RSA key, as RFC 7517 has it."""

    kty: str = "RSA"
    use: str = "sig"
    alg: str = "RS256"
    kid: str
    n: str
    e: str


class JsonWebKeySet(BaseModel):
    """The keys that verify access tokens."""

    keys: list[JsonWebKey]


class RevocationRow(BaseModel):
    """Refuse a session's tokens, or those of an e-mail issued before a time in Unix seconds."""

    email: str | None
    session: str | None
    before: float
    except_session: str | None


class RevocationList(BaseModel):
    """All that still concern a token."""

    revocations: list[RevocationRow]
