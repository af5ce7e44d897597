from datetime import UTC, datetime, timedelta

import pytest
from authentication.models.sessions import RefreshToken, Verdict, digest

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
GRACE = timedelta(seconds=10)


def token(
    *, spent_ago: float | None, by_cookie: bool = True, expires_in: float = 60
) -> RefreshToken:
    return RefreshToken(
        digest="d",
        family="f",
        expires_at=NOW + timedelta(seconds=expires_in),
        by_cookie=by_cookie,
        spent_at=None if spent_ago is None else NOW - timedelta(seconds=spent_ago),
    )


class TestJudge:
    @pytest.mark.parametrize("seconds", [0, 3, 10])
    def test_Given_SpentWithinGrace_When_PresentedByCookie_Then_ItHasASibling(
        self, seconds: float
    ) -> None:
        verdict = token(spent_ago=seconds).judge(NOW, by_cookie=True, grace=GRACE)
        assert verdict is Verdict.SIBLING

    def test_Given_SpentEarlier_When_PresentedByCookie_Then_ItWasReused(self) -> None:
        verdict = token(spent_ago=10.001).judge(NOW, by_cookie=True, grace=GRACE)
        assert verdict is Verdict.REUSED

    def test_Given_SpentWithinGrace_When_PresentedInABody_Then_ItWasReused(self) -> None:
        verdict = token(spent_ago=1).judge(NOW, by_cookie=False, grace=GRACE)
        assert verdict is Verdict.REUSED

    def test_Given_TokenIssuedInABody_When_PresentedByCookieAfterUse_Then_ItWasReused(
        self,
    ) -> None:
        verdict = token(spent_ago=1, by_cookie=False).judge(NOW, by_cookie=True, grace=GRACE)
        assert verdict is Verdict.REUSED

    def test_Given_Expired_When_Presented_Then_ItIsRefusedAndNothingMore(self) -> None:
        verdict = token(spent_ago=1, expires_in=0).judge(NOW, by_cookie=True, grace=GRACE)
        assert verdict is Verdict.REFUSED

    def test_Given_Unspent_When_ItCouldNotBeSpent_Then_ItIsRefused(self) -> None:
        verdict = token(spent_ago=None).judge(NOW, by_cookie=True, grace=GRACE)
        assert verdict is Verdict.REFUSED


class TestDigest:
    def test_Given_Token_When_Digested_Then_ItIsItsSha256(self) -> None:
        expected = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
        assert digest("foo") == expected
