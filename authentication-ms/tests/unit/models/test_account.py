from datetime import UTC, datetime

import pytest

from authentication.models.account import Account, AccountRole, leaves_no_admin

SECOND = 1_777_896_000
LATE_IN_SECOND = datetime.fromtimestamp(SECOND + 0.9, UTC)


def account(
    *, newest_iat: int = 0, least_iat: int = 0, role: AccountRole = AccountRole.USER
) -> Account:
    return Account(
        id=1,
        email="a@b.com",
        shown_email="a@b.com",
        role=role,
        password_hash="$argon2id$",
        newest_iat=newest_iat,
        least_iat=least_iat,
    )


class TestNextIat:
    def test_is_the_current_second(self) -> None:
        assert account().next_iat(LATE_IN_SECOND) == SECOND

    def test_is_the_next_second_after_a_revocation_in_this_second(self) -> None:
        assert account(least_iat=SECOND + 1).next_iat(LATE_IN_SECOND) == SECOND + 1

    def test_ignores_a_revocation_in_the_past(self) -> None:
        assert account(least_iat=SECOND - 100).next_iat(LATE_IN_SECOND) == SECOND


class TestRevocationIat:
    def test_is_later_than_a_token_of_this_second(self) -> None:
        assert account(newest_iat=SECOND).revocation_iat(LATE_IN_SECOND) == SECOND + 1

    def test_is_later_than_a_token_of_a_replica_whose_clock_is_ahead(self) -> None:
        assert account(newest_iat=SECOND + 5).revocation_iat(LATE_IN_SECOND) == SECOND + 6

    def test_is_the_next_second_if_there_is_no_token(self) -> None:
        assert account().revocation_iat(LATE_IN_SECOND) == SECOND + 1

    @pytest.mark.parametrize("fraction", [0.0, 0.4, 0.999])
    def test_does_not_concern_a_later_token_of_the_same_second(self, fraction: float) -> None:
        # Given
        now = datetime.fromtimestamp(SECOND + fraction, UTC)
        before = account(newest_iat=SECOND).revocation_iat(now)
        # When
        iat = account(newest_iat=SECOND, least_iat=before).next_iat(now)
        # Then
        assert before > SECOND
        assert iat >= before


class TestLeavesNoAdmin:
    @pytest.mark.parametrize(
        ("role", "new_role", "has_other_admin", "expected"),
        [
            (AccountRole.ADMIN, AccountRole.USER, False, True),
            (AccountRole.ADMIN, AccountRole.USER, True, False),
            (AccountRole.ADMIN, AccountRole.ADMIN, False, False),
            (AccountRole.USER, AccountRole.ADMIN, False, False),
            (AccountRole.USER, AccountRole.USER, True, False),
        ],
    )
    def test_is_true_only_if_the_last_admin_is_demoted(
        self, role: AccountRole, new_role: AccountRole, has_other_admin: bool, expected: bool
    ) -> None:
        one = account(role=role)
        assert leaves_no_admin(one, new_role, has_other_admin=has_other_admin) is expected
