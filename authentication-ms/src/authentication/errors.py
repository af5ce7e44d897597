"""One exception per condition, carrying its ids; its text is what a person is told."""

import math


class EmailTakenError(Exception):
    """There is an account with this e-mail already."""

    def __init__(self, email: str) -> None:
        super().__init__(email)
        self.email = email

    def __str__(self) -> str:
        """Say what to do, without confirming that the account exists."""
        return "The account could not be made. If you have one already, please sign in."


class CredentialsError(Exception):
    """What was presented proves nothing; counted as a failure."""


class WrongCredentialsError(CredentialsError):
    """No account has this e-mail and password."""

    def __init__(self, email: str) -> None:
        super().__init__(email)
        self.email = email

    def __str__(self) -> str:
        """Say the same for an unknown account and a wrong password."""
        return "No account has this e-mail and password. Check both and try again."


class WrongCurrentPasswordError(CredentialsError):
    """The caller does not know their current password."""

    def __init__(self, email: str) -> None:
        super().__init__(email)
        self.email = email

    def __str__(self) -> str:
        """Say what is wrong."""
        return "The current password is wrong."

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the field that is wrong."""
        return [("current", str(self))]


class RefreshRefusedError(Exception):
    """The refresh token is missing, unknown, expired, revoked or was used before."""

    headers: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.headers = {}

    def __str__(self) -> str:
        """Say what to do."""
        return "The session has ended; please sign in again."


class TooManyAttemptsError(Exception):
    """An address, or an address for an account, has tried too often."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__(retry_after_seconds)
        self.retry_after_seconds = max(1, math.ceil(retry_after_seconds))

    @property
    def headers(self) -> dict[str, str]:
        """When to try again."""
        return {"Retry-After": str(self.retry_after_seconds)}

    def __str__(self) -> str:
        """Say when to try again."""
        return f"Too many attempts; please try again in {self.retry_after_seconds} s."


class PasswordsBusyError(Exception):
    """More passwords wait to be checked than can be in a reasonable time."""

    def __init__(self, waiting: int) -> None:
        super().__init__(waiting)
        self.waiting = waiting

    def __str__(self) -> str:
        """Say what to do."""
        return "Too many people are signing in just now; please try again in a moment."


class UnknownUserError(Exception):
    """There is no account with this e-mail."""

    def __init__(self, email: str) -> None:
        super().__init__(email)
        self.email = email

    def __str__(self) -> str:
        """Say which."""
        return f"There is no account with the e-mail {self.email}."


class UnknownCallerError(Exception):
    """The token is good, but its account is gone."""

    def __init__(self, email: str) -> None:
        super().__init__(email)
        self.email = email

    def __str__(self) -> str:
        """Say what to do."""
        return "This account is no more; please sign in again."


class LastAdminError(Exception):
    """The shop would be left without an admin."""

    def __init__(self, email: str) -> None:
        super().__init__(email)
        self.email = email

    def __str__(self) -> str:
        """Say what to do."""
        return f"{self.email} is the last admin; make someone else an admin first."


class UnusableKeyError(Exception):
    """A setting holds no RSA key of 2,048 bits or more in PEM."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(setting, reason)
        self.setting = setting
        self.reason = reason

    def __str__(self) -> str:
        """Say which setting, and nothing of its value."""
        return f"{self.setting} is unusable: {self.reason}"
