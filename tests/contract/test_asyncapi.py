"""The published contract matches the code, and does not break readers of the previous one."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contract.compatibility import breaks

from shopkit.contract import asyncapi
from shopkit.contract.events import EVENTS, OrderCancel
from shopkit.contract.topics import TOPICS
from shopkit.messaging import envelope
from shopkit.testing.deliveries import NOON, an_id
from shopkit.tracing.context import TraceContext

DOCS = Path(__file__).resolve().parents[2] / "docs"
REGENERATE = "stale; run: python -m shopkit.contract.asyncapi > docs/asyncapi.yaml"


def published(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DOCS / name).read_text(encoding="utf-8"))
    return content


class TestDocument:
    def test_equals_the_document_generated_from_the_models(self) -> None:
        text = asyncapi.to_yaml(asyncapi.build_document())
        assert (DOCS / "asyncapi.yaml").read_text(encoding="utf-8") == text, REGENERATE

    def test_lists_every_topic_and_every_event_once(self) -> None:
        document = asyncapi.build_document()
        assert list(document["channels"]) == [topic.name for topic in TOPICS]
        messages = [
            name for channel in document["channels"].values() for name in channel["messages"]
        ]
        assert sorted(messages) == sorted(event_type.__name__ for event_type in EVENTS)

    def test_describes_the_headers_that_are_sent(self) -> None:
        event = OrderCancel(order_id=an_id(1))
        traced = TraceContext("request-1", f"00-{'1' * 32}-{'2' * 16}-01")
        untraced = TraceContext("", "")
        for trace_context, field in ((traced, "properties"), (untraced, "required")):
            message = envelope.wrap(
                event, source="orders-ms", time=NOON, trace_context=trace_context
            )
            schema = asyncapi.build_document()["components"]["messages"]["OrderCancel"]["headers"]
            assert {name for name, _ in envelope.headers(message)} == set(schema[field])

    def test_every_reference_resolves(self) -> None:
        document = asyncapi.build_document()
        references = re.findall(r"'\$ref': '#/([^']+)'", str(document))
        assert references
        for reference in references:
            node: Any = document
            for key in reference.split("/"):
                node = node[key]


class TestCompatibility:
    def test_does_not_break_readers_of_the_previous_version(self) -> None:
        assert breaks(published("asyncapi.previous.yaml"), asyncapi.build_document()) == []

    @pytest.mark.parametrize("event_type", EVENTS)
    def test_detects_a_removed_field(self, event_type: type[Any]) -> None:
        # Given a document without one field of the event
        changed = asyncapi.build_document()
        fields = changed["components"]["schemas"][event_type.__name__]["properties"]
        name = next(name for name in fields if name not in {"type", "schema_version"})
        del fields[name]
        # When it is compared with the current one
        findings = breaks(asyncapi.build_document(), changed)
        # Then
        assert f"{event_type.__name__}.{name}: the field was removed" in findings
