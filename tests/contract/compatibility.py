"""Checks that a new version of the event contract is compatible with the previous one.

Both directions count. During a rollout, old readers receive new events. When a topic is read again
from its beginning, new readers receive old events.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

IGNORED = {"title", "description", "default", "examples", "summary"}
COMPARED_IN_DEPTH = {"properties", "required", "items", "anyOf", "$ref"}


def breaks(previous: Schema, current: Schema) -> list[str]:
    """Return what a change of an AsyncAPI document breaks for readers.

    Args:
        previous: The document before the change.
        current: The document after the change.
    """
    return [*_channels(previous, current), *_messages(previous, current)]


def _channels(previous: Schema, current: Schema) -> Iterator[str]:
    for name, before in previous["channels"].items():
        after = current["channels"].get(name)
        if after is None:
            yield f"{name}: the topic was removed"
            continue
        for message in before["messages"].keys() - after["messages"].keys():
            yield f"{name}: {message} was removed from the topic"
        # Keys would move to other partitions, and their events could overtake each other.
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
        comparison = _Comparison(previous, current)
        yield from comparison.differences(before["headers"], after["headers"], f"{name} headers")
        yield from comparison.differences(before["payload"], after["payload"], name)
        yield from comparison.differences(_key(before), _key(after), f"{name} key")


def _key(message: Schema) -> Schema:
    key: Schema = message["bindings"]["kafka"]["key"]
    return key


class _Comparison:
    """Compares schemas of two documents, which may contain references."""

    def __init__(self, previous: Schema, current: Schema) -> None:
        self._previous = previous
        self._current = current

    def differences(self, before: Schema, after: Schema, path: str) -> Iterator[str]:
        """Yield the differences that affect a reader of the other version."""
        before, after = _resolved(self._previous, before), _resolved(self._current, after)
        for rule in sorted(before.keys() | after.keys()):
            same = before.get(rule) == after.get(rule)
            if not same and rule not in IGNORED | COMPARED_IN_DEPTH:
                yield f"{path}: {rule} was {before.get(rule)}, is {after.get(rule)}"
        yield from self._fields(before, after, path)
        yield from self._parts(before, after, path)

    def _fields(self, before: Schema, after: Schema, path: str) -> Iterator[str]:
        old_fields, new_fields = before.get("properties", {}), after.get("properties", {})
        for name in sorted(old_fields.keys() - new_fields.keys()):
            yield f"{path}.{name}: the field was removed"
        old_required, new_required = set(before.get("required", ())), set(after.get("required", ()))
        for name in sorted(new_required - old_required):
            yield f"{path}.{name}: is now required, but old events may lack it"
        for name in sorted((old_required - new_required) & new_fields.keys()):
            yield f"{path}.{name}: is now optional, but old readers require it"
        for name in sorted(old_fields.keys() & new_fields.keys()):
            yield from self.differences(old_fields[name], new_fields[name], f"{path}.{name}")

    def _parts(self, before: Schema, after: Schema, path: str) -> Iterator[str]:
        if ("items" in before) != ("items" in after):
            yield f"{path}: items was added or removed"
        elif "items" in before:
            yield from self.differences(before["items"], after["items"], f"{path}[]")
        old_types, new_types = before.get("anyOf", []), after.get("anyOf", [])
        if len(old_types) != len(new_types):
            yield f"{path}: has {len(new_types)} alternatives, had {len(old_types)}"
            return
        for old_type, new_type in zip(old_types, new_types, strict=True):
            yield from self.differences(old_type, new_type, path)


def _resolved(document: Schema, schema: Schema) -> Schema:
    reference: str | None = schema.get("$ref")
    if reference is None:
        return schema
    node: Any = document
    for key in reference.removeprefix("#/").split("/"):
        node = node[key]
    return _resolved(document, node)
