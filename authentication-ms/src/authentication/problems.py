"""The problem types of authentication-ms."""

from dataclasses import replace

from authentication import errors
from shopkit.addresses import AddressRefusedError
from shopkit.web import database_problems, mail_routes
from shopkit.web.problems import (
    NOT_FOUND,
    UNAUTHENTICATED,
    VALIDATION,
    ProblemTable,
    ProblemType,
)

REGISTRATION_REFUSED = ProblemType("registration-refused", "The account could not be created", 400)
WRONG_CREDENTIALS = ProblemType(
    "wrong-credentials", "Wrong email or password", 401, headers={"WWW-Authenticate": "Bearer"}
)
SESSION_ENDED = ProblemType(
    "session-ended", "The session has ended", 401, headers={"WWW-Authenticate": "Bearer"}
)
LAST_ADMIN = ProblemType("last-admin", "The last admin must stay an admin", 409)
TOO_MANY_ATTEMPTS = ProblemType(
    "too-many-attempts", "Too many attempts", 429, headers={"Retry-After": "60"}
)
MAIL_OFF = ProblemType("mail-off", "The shop sends no mail", 503)
LINK_UNKNOWN = ProblemType("link-unknown", "The link is not valid", 404)
LINK_USED = ProblemType("link-used", "The link was already used", 410)
LINK_EXPIRED = ProblemType("link-expired", "The link has expired", 410)
LINK_FOREIGN = ProblemType("link-foreign", "The link belongs to another account", 403)
EMAIL_IN_USE = ProblemType("email-in-use", "Another account uses the email address", 409)
TOO_MANY_ADDRESSES = ProblemType("too-many-addresses", "The address book is full", 409)
EMAIL_UNCHANGED = replace(VALIDATION, invalid_field="email")
BUSY = ProblemType("busy", "The service is busy", 503, headers={"Retry-After": "2"})


def _too_many_attempts(error: Exception) -> ProblemType:
    assert isinstance(error, errors.TooManyAttemptsError)  # noqa: S101
    return replace(TOO_MANY_ATTEMPTS, headers={"Retry-After": str(error.retry_after_seconds)})


TABLE: ProblemTable = {
    **database_problems.TABLE,
    **mail_routes.TABLE,
    errors.EmailTakenError: REGISTRATION_REFUSED,
    errors.WrongCredentialsError: WRONG_CREDENTIALS,
    errors.WrongCurrentPasswordError: VALIDATION,
    errors.RefreshRefusedError: SESSION_ENDED,
    errors.TooManyAttemptsError: _too_many_attempts,
    errors.PasswordsBusyError: BUSY,
    errors.UserNotFoundError: NOT_FOUND,
    errors.CallerDeletedError: UNAUTHENTICATED,
    errors.LastAdminError: LAST_ADMIN,
    errors.MailOffError: MAIL_OFF,
    errors.UnknownLinkError: LINK_UNKNOWN,
    errors.LinkUsedError: LINK_USED,
    errors.LinkExpiredError: LINK_EXPIRED,
    errors.ForeignLinkError: LINK_FOREIGN,
    errors.EmailInUseError: EMAIL_IN_USE,
    errors.EmailUnchangedError: EMAIL_UNCHANGED,
    errors.SessionNotFoundError: NOT_FOUND,
    AddressRefusedError: VALIDATION,
    errors.UnknownCountryError: NOT_FOUND,
    errors.AddressNotFoundError: NOT_FOUND,
    errors.TooManyAddressesError: TOO_MANY_ADDRESSES,
}
