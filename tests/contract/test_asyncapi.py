"""The published contract is what the code sends, and no reader of the one before is broken."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.contract.compatibility import breaks

from shopkit.contract import asyncapi
from shopkit.contract.events import EVENTS, OrderCancel
from shopkit.contract.topics import TOPICS
from shopkit.storage.unit_of_work import Message
from shopkit.testing.deliveries import NOON, an_id
from shopkit.tracing.context import TraceContext

DOCS = Path(__file__).resolve().parents[2] / "docs"
AGAIN = "make it again: python -m shopkit.contract.asyncapi > docs/asyncapi.yaml"


def published(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DOCS / name).read_text(encoding="utf-8"))
    return content


class TestDocument:
    def test_is_made_from_the_models(self) -> None:
        text = asyncapi.as_yaml(asyncapi.document())
        assert (DOCS / "asyncapi.yaml").read_text(encoding="utf-8") == text, AGAIN

    def test_has_every_topic_and_every_event_once(self) -> None:
        document = asyncapi.document()
        assert list(document["channels"]) == [topic.name for topic in TOPICS]
        sent = [name for one in document["channels"].values() for name in one["messages"]]
        assert sorted(sent) == sorted(kind.__name__ for kind in EVENTS)

    def test_names_the_headers_that_are_sent(self) -> None:
        event = OrderCancel(order_id=an_id(1))
        traced = TraceContext("request-1", f"00-{'1' * 32}-{'2' * 16}-01")
        for trace_context, field in ((traced, "properties"), (TraceContext("", ""), "required")):
            sent = Message.of(
                event, source="orders-ms", time=NOON, trace_context=trace_context
            ).headers()
            schema = asyncapi.document()["components"]["messages"]["OrderCancel"]["headers"]
            assert {name for name, _ in sent} == set(schema[field])

    def test_all_its_references_lead_somewhere(self) -> None:
        document = asyncapi.document()

        found = re.findall(r"'\$ref': '#/([^']+)'", str(document))
        assert found
        for reference in found:
            place: Any = document
            for step in reference.split("/"):
                place = place[step]


class TestCompatibility:
    def test_readers_of_the_previous_version_go_on(self) -> None:
        assert breaks(published("asyncapi.previous.yaml"), asyncapi.document()) == []

    @pytest.mark.parametrize("kind", EVENTS)
    def test_a_field_that_went_would_be_noticed(self, kind: type[Any]) -> None:
        changed = asyncapi.document()
        fields = changed["components"]["schemas"][kind.__name__]["properties"]
        name = next(name for name in fields if name not in {"type", "schema_version"})
        del fields[name]
        assert f"{kind.__name__}.{name}: the field was removed" in breaks(
            asyncapi.document(), changed
        )
