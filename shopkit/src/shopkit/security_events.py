"""Security events: what an attack looks like, as counters for alerts and as lines in the log.

A line has the account's id and the network of the client, never an email address or a complete IP
address. Like every line, it has the id of the request.
"""

import ipaddress
from enum import StrEnum

import structlog
from prometheus_client import Counter

IPV4_PREFIX = 24
IPV6_PREFIX = 48
"""The part of an address that is logged. It tells a provider's network, but no household."""


class SecurityEvent(StrEnum):
    """What happened. docs/operations/incidents.md says how to respond."""

    PASSWORD_REFUSED = "password-refused"  # noqa: S105 - the name of an event.
    """A password was wrong, in a log-in or to change an account."""
    THROTTLED = "throttled"
    """An address tried too often."""
    REFRESH_REUSED = "refresh-reused"
    """A refresh token was used again, so its session was ended. It may have been stolen."""
    ACCESS_REVOKED = "access-revoked"
    """The access tokens of a session or an account were revoked."""
    ROLE_CHANGED = "role-changed"
    """The role of an account was changed."""
    IDENTITY_REFUSED = "identity-refused"
    """A request to a service did not prove who sent it, although it claims or needs to."""


EVENTS = Counter("security_events_total", "Security events.", ["event"])
# All series exist from the start, so that an alert sees the first event.
for _event in SecurityEvent:
    EVENTS.labels(_event.value)

log = structlog.get_logger(__name__)


def report(event: SecurityEvent, *, account_id: str = "", address: str = "") -> None:
    """Count and log a security event.

    Args:
        event: What happened.
        account_id: The account that it concerns, empty if it is unknown.
        address: The client's IP address, empty if it is unknown.
    """
    EVENTS.labels(event.value).inc()
    log.warning(
        "security event",
        kind=event.value,
        account=account_id or None,
        network=truncate(address) or None,
    )


def truncate(address: str) -> str:
    """Return the network of an IP address, empty if the text is no address."""
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    prefix = IPV4_PREFIX if parsed.version == 4 else IPV6_PREFIX
    return str(ipaddress.ip_network((parsed, prefix), strict=False))
