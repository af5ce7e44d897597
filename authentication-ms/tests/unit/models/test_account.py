from datetime import UTC, datetime

import pytest
from authentication.models.accounts import Account, AccountRole, leaves_no_admin

SECOND = 1_777_896_000
LATE_IN_IT = datetime.fromtimestamp(SECOND + 0.9, UTC)


def account(*, newest_iat: int = 0, least_iat: int = 0) -> Account:
    return Account(
        id=1,
        email="a@b.com",
        role=AccountRole.USER,
        password_hash="$argon2id$",
        newest_iat=newest_iat,
        least_iat=least_iat,
    )


class TestTimesOfIssue:
    def test_Given_NothingRevoked_When_TokenIsMade_Then_ItIsIssuedInTheSecondThatRuns(
        self,
    ) -> None:
        assert account().next_iat(LATE_IN_IT) == SECOND

    def test_Given_RevocationInThisSecond_When_TokenIsMade_Then_ItIsIssuedAtTheNext(self) -> None:
        assert account(least_iat=SECOND + 1).next_iat(LATE_IN_IT) == SECOND + 1

    def test_Given_RevocationLongAgo_When_TokenIsMade_Then_ItDoesNotMatter(self) -> None:
        assert account(least_iat=SECOND - 100).next_iat(LATE_IN_IT) == SECOND

    def test_Given_TokenOfThisSecond_When_TokensAreRevoked_Then_ItLiesBefore(self) -> None:
        assert account(newest_iat=SECOND).revoking_iat(LATE_IN_IT) == SECOND + 1

    def test_Given_TokenOfAReplicaWhoseClockIsAhead_When_TokensAreRevoked_Then_ItLiesBefore(
        self,
    ) -> None:
        assert account(newest_iat=SECOND + 5).revoking_iat(LATE_IN_IT) == SECOND + 6

    def test_Given_NoTokenYet_When_TokensAreRevoked_Then_OnlyLaterSecondsAreGood(self) -> None:
        assert account().revoking_iat(LATE_IN_IT) == SECOND + 1

    @pytest.mark.parametrize("moment", [0.0, 0.4, 0.999])
    def test_Given_Revocation_When_TokenIsMadeInTheSameSecond_Then_ItIsNotRefused(
        self, moment: float
    ) -> None:
        # Given
        now = datetime.fromtimestamp(SECOND + moment, UTC)
        before = account(newest_iat=SECOND).revoking_iat(now)
        # When
        iat = account(newest_iat=SECOND, least_iat=before).next_iat(now)
        # Then
        assert before > SECOND
        assert iat >= before


class TestLeavesNoAdmin:
    @pytest.mark.parametrize(
        ("old", "new", "admins", "expected"),
        [
            (AccountRole.ADMIN, AccountRole.USER, 1, True),
            (AccountRole.ADMIN, AccountRole.USER, 0, True),
            (AccountRole.ADMIN, AccountRole.USER, 2, False),
            (AccountRole.ADMIN, AccountRole.ADMIN, 1, False),
            (AccountRole.USER, AccountRole.ADMIN, 0, False),
            (AccountRole.USER, AccountRole.USER, 1, False),
        ],
    )
    def test_Given_Admins_When_RoleIsGiven_Then_OnlyTheLastOneStays(
        self, old: AccountRole, new: AccountRole, admins: int, expected: bool
    ) -> None:
        given = Account(id=1, email="a@b.com", role=old, password_hash="$argon2id$")
        assert leaves_no_admin(given, new, admins) is expected
