"""Which problem each exception is, in one table."""

from authentication import errors
from shopkit.web import database_problems, problems
from shopkit.web.problems import ProblemType

REGISTRATION_REFUSED = ProblemType("registration-refused", "The account could not be made", 400)
WRONG_CREDENTIALS = ProblemType(
    "wrong-credentials", "Wrong e-mail or password", 401, headers={"WWW-Authenticate": "Bearer"}
)
SESSION_ENDED = ProblemType(
    "session-ended", "The session has ended", 401, headers={"WWW-Authenticate": "Bearer"}
)
LAST_ADMIN = ProblemType("last-admin", "The last admin stays", 409)
TOO_MANY_ATTEMPTS = ProblemType(
    "too-many-attempts", "Too many attempts", 429, headers={"Retry-After": "60"}
)
BUSY = ProblemType("busy", "Too many log-ins at once", 503, headers={"Retry-After": "2"})

TABLE: problems.ProblemTable = {
    errors.EmailTakenError: REGISTRATION_REFUSED,
    errors.WrongCredentialsError: WRONG_CREDENTIALS,
    errors.WrongCurrentPasswordError: problems.VALIDATION,
    errors.RefreshRefusedError: SESSION_ENDED,
    errors.TooManyAttemptsError: TOO_MANY_ATTEMPTS,
    errors.PasswordsBusyError: BUSY,
    errors.UnknownUserError: problems.NOT_FOUND,
    errors.UnknownCallerError: problems.UNAUTHENTICATED,
    errors.LastAdminError: LAST_ADMIN,
    **database_problems.TABLE,
}
