from datetime import UTC, datetime, timedelta

import pytest

from authentication.models.login_session import RefreshToken, Verdict, digest

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
GRACE = timedelta(seconds=10)


def token(
    *, spent_seconds_ago: float | None, by_cookie: bool = True, expires_in_seconds: float = 60
) -> RefreshToken:
    spent_at = None
    if spent_seconds_ago is not None:
        spent_at = NOW - timedelta(seconds=spent_seconds_ago)
    return RefreshToken(
        digest="d",
        session_id="s",
        expires_at=NOW + timedelta(seconds=expires_in_seconds),
        by_cookie=by_cookie,
        spent_at=spent_at,
    )


class TestAssess:
    @pytest.mark.parametrize("seconds", [0, 3, 10])
    def test_tolerates_a_cookie_that_was_spent_in_the_grace_period(self, seconds: float) -> None:
        verdict = token(spent_seconds_ago=seconds).assess(NOW, by_cookie=True, grace=GRACE)
        assert verdict is Verdict.IN_GRACE_PERIOD

    def test_reports_reuse_of_a_cookie_that_was_spent_earlier(self) -> None:
        verdict = token(spent_seconds_ago=10.001).assess(NOW, by_cookie=True, grace=GRACE)
        assert verdict is Verdict.REUSED

    def test_reports_reuse_if_a_token_from_a_cookie_is_sent_in_a_body(self) -> None:
        verdict = token(spent_seconds_ago=1).assess(NOW, by_cookie=False, grace=GRACE)
        assert verdict is Verdict.REUSED

    def test_reports_reuse_if_a_token_from_a_body_is_sent_in_a_cookie(self) -> None:
        issued_in_body = token(spent_seconds_ago=1, by_cookie=False)
        assert issued_in_body.assess(NOW, by_cookie=True, grace=GRACE) is Verdict.REUSED

    def test_refuses_an_expired_token(self) -> None:
        expired = token(spent_seconds_ago=1, expires_in_seconds=0)
        assert expired.assess(NOW, by_cookie=True, grace=GRACE) is Verdict.REFUSED

    def test_refuses_an_unspent_token_that_could_not_be_spent(self) -> None:
        verdict = token(spent_seconds_ago=None).assess(NOW, by_cookie=True, grace=GRACE)
        assert verdict is Verdict.REFUSED


class TestDigest:
    def test_is_the_sha256_of_the_token(self) -> None:
        expected = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
        assert digest("foo") == expected
