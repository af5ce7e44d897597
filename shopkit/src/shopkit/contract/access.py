"""Which service may read and write which topic, for the brokers, which enforce it.

python -m shopkit.contract.access > infrastructure/kubernetes/base/kafka/access.txt
"""

import sys
from collections.abc import Iterator

from shopkit.contract.asyncapi import CHANNELS

HEADER = """\
# Which user may read or write which topics. Everything else is refused. The job kafka-access
# applies this file, and `python -m shopkit.contract.access` writes it.
"""


def rules() -> Iterator[tuple[str, str, list[str]]]:
    """Yield each service, `reads` or `writes`, and its topics."""
    senders = {topic: sender for topic, (sender, _, _) in CHANNELS.items()}
    receivers = {topic: receiver for topic, (_, receiver, _) in CHANNELS.items()}
    for service in sorted({*senders.values(), *receivers.values()}):
        for verb, users in (("reads", receivers), ("writes", senders)):
            if topics := [topic for topic in users if users[topic] == service]:
                yield service, verb, topics


def to_text() -> str:
    """Return the rules, one in a line."""
    lines = [f"{service} {verb} {' '.join(topics)}\n" for service, verb, topics in rules()]
    return HEADER + "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(to_text())
