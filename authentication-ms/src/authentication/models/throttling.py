"""Who is counted together, and how far a much-tried account is slowed."""

import ipaddress

SLOWDOWN_STEP_SECONDS = 0.25
SLOWDOWN_MOST_SECONDS = 3.0
_ADDRESS_LETTERS = 64


def counted_address(address: str) -> str:
    """Return what an address is counted as.

    One household or server has a whole /64 of IPv6, so that is counted as one; IPv4 written as
    IPv6 is counted as IPv4.
    """
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return address[:_ADDRESS_LETTERS]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def slowdown_seconds(failures: int, allowed: int) -> float:
    """Return how long to wait before the next check: never so long that the owner is locked out.

    Args:
        failures: How often the account was tried in vain, from any address.
        allowed: How often that is not slowed.
    """
    return min(max(0, failures - allowed) * SLOWDOWN_STEP_SECONDS, SLOWDOWN_MOST_SECONDS)
