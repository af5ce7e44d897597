"""The errors of authentication-ms. Each exception keeps what its error concerns."""

import math


class EmailTakenError(Exception):
    """Another account has this email address. The message does not reveal it."""

    def __init__(self, email: str) -> None:
        super().__init__(
            "The account could not be created. If you already have one, sign in instead."
        )
        self.email = email


class CredentialsError(Exception):
    """A password is wrong. The attempt counts as a failure."""


class WrongCredentialsError(CredentialsError):
    """No account has this email address and password. The message does not say which is wrong."""

    def __init__(self, email: str) -> None:
        super().__init__("No account has this email and password. Check both and try again.")
        self.email = email


class WrongCurrentPasswordError(CredentialsError):
    """The caller does not know the current password."""

    def __init__(self, email: str) -> None:
        super().__init__("The current password is wrong.")
        self.email = email

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the invalid field."""
        return [("current", str(self))]


class RefreshRefusedError(Exception):
    """The refresh token is missing, unknown, expired, revoked or already used."""

    def __str__(self) -> str:
        """Return what to do."""
        return "The session has ended. Sign in again."


class TooManyAttemptsError(Exception):
    """An IP address has tried too often, in total or for one account."""

    def __init__(self, retry_after_seconds: float) -> None:
        self.retry_after_seconds = max(1, math.ceil(retry_after_seconds))
        super().__init__(f"Too many attempts. Try again in {self.retry_after_seconds} seconds.")


class PasswordsBusyError(Exception):
    """Too many passwords are waiting to be hashed."""

    def __init__(self, waiting: int) -> None:
        super().__init__("The service is busy. Try again in a moment.")
        self.waiting = waiting


class UserNotFoundError(Exception):
    """The account does not exist."""

    def __init__(self, account_id: str) -> None:
        super().__init__(f"There is no account {account_id}.")
        self.account_id = account_id


class CallerDeletedError(Exception):
    """The access token is valid, but its account was deleted."""

    def __init__(self, account_id: str) -> None:
        super().__init__("This account no longer exists. Sign in with another account.")
        self.account_id = account_id


class LastAdminError(Exception):
    """The change would leave the shop without an admin."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} is the last admin. Make someone else an admin first.")
        self.email = email


class UnusableKeyError(Exception):
    """A setting is not an RSA key in PEM of at least 2048 bits. The message hides its value."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting} is unusable: {reason}")
        self.setting = setting
