"""Whether a new version of the event contract can live beside the one before.

Both directions count: while a release is rolled out, old readers get new events; and a topic is
read again from its beginning, so that new readers get old events.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

SAYS_NOTHING = {"title", "description", "default", "examples", "summary"}
LOOKED_INTO = {"properties", "required", "items", "anyOf", "$ref"}


def breaks(previous: Schema, current: Schema) -> list[str]:
    """Return what a change of an AsyncAPI document breaks, nothing where readers go on.

    Args:
        previous: The document that is in use.
        current: The document that follows it.
    """
    return [*_channels(previous, current), *_messages(previous, current)]


def _channels(previous: Schema, current: Schema) -> Iterator[str]:
    for name, before in previous["channels"].items():
        after = current["channels"].get(name)
        if after is None:
            yield f"{name}: the topic was removed"
            continue
        for message in before["messages"].keys() - after["messages"].keys():
            yield f"{name}: {message} no longer comes here"
        # Keys would go to other partitions, and their events overtake each other.
        if _partitions(before) != _partitions(after):
            yield f"{name}: the number of partitions changed"


def _partitions(channel: Schema) -> Any:
    return channel["bindings"]["kafka"]["partitions"]


def _messages(previous: Schema, current: Schema) -> Iterator[str]:
    for name, before in previous["components"]["messages"].items():
        after = current["components"]["messages"].get(name)
        if after is None:
            yield f"{name}: the event was removed"
            continue
        compared = _Compared(previous, current)
        yield from compared.differences(before["headers"], after["headers"], f"{name} headers")
        yield from compared.differences(before["payload"], after["payload"], name)
        keys = [one["bindings"]["kafka"]["key"] for one in (before, after)]
        yield from compared.differences(keys[0], keys[1], f"{name} key")


class _Compared:
    """Compares schemas of two documents, each of which may refer to its own."""

    def __init__(self, previous: Schema, current: Schema) -> None:
        self._previous = previous
        self._current = current

    def differences(self, before: Schema, after: Schema, where: str) -> Iterator[str]:
        """Yield what differs and is seen by a reader of the other version."""
        before, after = _resolved(self._previous, before), _resolved(self._current, after)
        for rule in sorted(before.keys() | after.keys()):
            same = before.get(rule) == after.get(rule)
            if not same and rule not in SAYS_NOTHING | LOOKED_INTO:
                yield f"{where}: {rule} was {before.get(rule)}, is {after.get(rule)}"
        yield from self._fields(before, after, where)
        yield from self._parts(before, after, where)

    def _fields(self, before: Schema, after: Schema, where: str) -> Iterator[str]:
        fields, now = before.get("properties", {}), after.get("properties", {})
        for name in sorted(fields.keys() - now.keys()):
            yield f"{where}.{name}: the field was removed"
        needed, needed_now = set(before.get("required", ())), set(after.get("required", ()))
        for name in sorted(needed_now - needed):
            yield f"{where}.{name}: is required now, and old events may lack it"
        for name in sorted((needed - needed_now) & now.keys()):
            yield f"{where}.{name}: may be left out now, and old readers require it"
        for name in sorted(fields.keys() & now.keys()):
            yield from self.differences(fields[name], now[name], f"{where}.{name}")

    def _parts(self, before: Schema, after: Schema, where: str) -> Iterator[str]:
        if ("items" in before) != ("items" in after):
            yield f"{where}: items appeared or went"
        elif "items" in before:
            yield from self.differences(before["items"], after["items"], f"{where}[]")
        choices, now = before.get("anyOf", []), after.get("anyOf", [])
        if len(choices) != len(now):
            yield f"{where}: has {len(now)} choices of type, had {len(choices)}"
            return
        for one, other in zip(choices, now, strict=True):
            yield from self.differences(one, other, where)


def _resolved(document: Schema, schema: Schema) -> Schema:
    reference: str | None = schema.get("$ref")
    if reference is None:
        return schema
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return _resolved(document, found)
