"""The rules of throttling: which addresses count as one, and how long log-ins are delayed."""

import ipaddress

DELAY_STEP_SECONDS = 0.25
MAX_DELAY_SECONDS = 3.0
_MAX_ADDRESS_LENGTH = 64


def network_of(address: str) -> str:
    """Return the network whose attempts are counted together.

    A household or a server usually has a whole IPv6 network of 64 bits, which counts as one. An
    IPv4 address that is written as IPv6 counts as IPv4.
    """
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return address[:_MAX_ADDRESS_LENGTH]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))


def delay_seconds(failures: int, allowed: int) -> float:
    """Return how long to wait before a password is checked, which never locks out the owner.

    Args:
        failures: The failed log-ins of the account, from all addresses.
        allowed: The number of failed log-ins that cause no delay.
    """
    return min(max(0, failures - allowed) * DELAY_STEP_SECONDS, MAX_DELAY_SECONDS)
