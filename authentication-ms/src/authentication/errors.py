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
    """A password is wrong. The attempt counts as a failure.

    Attributes:
        account_id: The account, empty if there is none.
    """

    account_id = ""


class WrongCredentialsError(CredentialsError):
    """No account has this email address and password. The message does not say which is wrong."""

    def __init__(self, email: str, account_id: str = "") -> None:
        super().__init__("No account has this email and password. Check both and try again.")
        self.email = email
        self.account_id = account_id


class WrongCurrentPasswordError(CredentialsError):
    """The caller does not know the current password."""

    def __init__(self, account_id: str, field: str = "current") -> None:
        super().__init__("The current password is wrong.")
        self.account_id = account_id
        self.field = field

    def field_errors(self) -> list[tuple[str, str]]:
        """Return the invalid field."""
        return [(self.field, str(self))]


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


class MailOffError(Exception):
    """The request needs a mail, and the shop sends none."""

    def __str__(self) -> str:
        """Return what to do."""
        return "This shop does not send mail at the moment. Ask its owner for help."


class UnknownLinkError(Exception):
    """No mail contained this token."""

    def __str__(self) -> str:
        """Return what to do."""
        return "This link is not valid. Open it from the mail again, or request a new one."


class LinkUsedError(Exception):
    """The link was used, or a later change replaced it."""

    def __init__(self, link_id: str) -> None:
        super().__init__("This link was already used, or replaced by a newer one.")
        self.link_id = link_id


class LinkExpiredError(Exception):
    """The link is too old."""

    def __init__(self, link_id: str) -> None:
        super().__init__("This link has expired. Request a new one.")
        self.link_id = link_id


class ForeignLinkError(Exception):
    """The link belongs to another account than the caller's."""

    def __init__(self, link_id: str) -> None:
        super().__init__(
            "This link belongs to another account. Sign in to the account that it was sent to."
        )
        self.link_id = link_id


class EmailInUseError(Exception):
    """The new email address belongs to another account by now."""

    def __init__(self, email: str) -> None:
        super().__init__("Another account uses this email address. Choose another address.")
        self.email = email


class EmailUnchangedError(Exception):
    """The new email address is the one that the account has."""

    def __init__(self, email: str) -> None:
        super().__init__("This is already your email address.")
        self.email = email


class SessionNotFoundError(Exception):
    """The caller has no such session."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"You have no session {session_id}.")
        self.session_id = session_id


class UnknownCountryError(Exception):
    """Addresses cannot be in this country."""

    def __init__(self, country: str) -> None:
        super().__init__(f"There is no country {country}.")
        self.country = country


class AddressNotFoundError(Exception):
    """The caller has no such address."""

    def __init__(self, address_id: str) -> None:
        super().__init__(f"You have no address {address_id}.")
        self.address_id = address_id


class TooManyAddressesError(Exception):
    """The address book is full."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"You can store {limit} addresses. Delete one first.")
        self.limit = limit


class UnusableKeyError(Exception):
    """A setting is not an RSA key in PEM of at least 2048 bits. The message hides its value."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(f"{setting} is unusable: {reason}")
        self.setting = setting
