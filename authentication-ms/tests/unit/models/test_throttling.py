import pytest

from authentication.models.throttling import counted_address, slowdown_seconds


class TestCountedAddress:
    @pytest.mark.parametrize(
        ("address", "counted"),
        [
            ("192.0.2.7", "192.0.2.7"),
            (" 192.0.2.7 ", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("", ""),
            ("x" * 100, "x" * 64),
        ],
    )
    def test_Given_Address_When_Counted_Then_OneHouseholdIsOne(
        self, address: str, counted: str
    ) -> None:
        assert counted_address(address) == counted


class TestSlowdown:
    @pytest.mark.parametrize(
        ("failures", "seconds"),
        [(0, 0.0), (10, 0.0), (11, 0.25), (14, 1.0), (22, 3.0), (1_000_000, 3.0)],
    )
    def test_Given_Failures_When_TriedAgain_Then_ItIsSlowedButNeverLockedOut(
        self, failures: int, seconds: float
    ) -> None:
        assert slowdown_seconds(failures, allowed=10) == seconds
