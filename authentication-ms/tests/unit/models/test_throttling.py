import pytest

from authentication.models.throttling import delay_seconds, network_of


class TestNetworkOf:
    @pytest.mark.parametrize(
        ("address", "network"),
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
    def test_is_the_same_for_all_addresses_of_a_household(self, address: str, network: str) -> None:
        assert network_of(address) == network


class TestDelaySeconds:
    @pytest.mark.parametrize(
        ("failures", "seconds"),
        [(0, 0.0), (10, 0.0), (11, 0.25), (14, 1.0), (22, 3.0), (1_000_000, 3.0)],
    )
    def test_increases_up_to_a_limit(self, failures: int, seconds: float) -> None:
        assert delay_seconds(failures, allowed=10) == seconds
