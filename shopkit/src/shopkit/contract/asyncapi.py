"""The contract between the services as an AsyncAPI 3.0 document, made from the events' models.

python -m shopkit.contract.asyncapi > docs/asyncapi.yaml
"""

import sys
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic.json_schema import models_json_schema

from shopkit.contract.events import EVENTS, ORDER_STATUS_TOPIC, ORDERS_TOPIC, PRODUCTS_TOPIC, Event
from shopkit.contract.topics import TOPICS, Topic
from shopkit.settings import KafkaSettings

Document = dict[str, Any]

_REF = "#/components/schemas/{model}"
_KEY: Document = {"type": "string", "pattern": "^[0-9a-f]{24}$"}
_TEXT: Document = {"type": "string"}

ENDS: Mapping[str, tuple[str, str, str]] = {
    PRODUCTS_TOPIC: ("products-ms", "orders-ms", "the product's id"),
    ORDERS_TOPIC: ("orders-ms", "products-ms", "the order's id"),
    ORDER_STATUS_TOPIC: ("products-ms", "orders-ms", "the order's id"),
}
"""Who sends on each topic, who receives, and what the key is."""

DESCRIPTION = (
    "How products-ms and orders-ms stay consistent. Every event comes at least once, and events of "
    "one key come in order; readers find out by the event itself whether they have applied it. "
    "The envelope is CloudEvents 1.0 in Kafka's binary mode. A reader passes over fields that it "
    "does not know."
)


def document() -> Document:
    """Return the document."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "The shop's events", "version": "1.0.0", "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            name: operation for topic in TOPICS for name, operation in _operations(topic.name)
        },
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in EVENTS},
            "schemas": _schemas(),
        },
    }


def _channel(topic: Topic) -> Document:
    return {
        "address": topic.name,
        "description": f"The key is {ENDS[topic.name][2]}.",
        "messages": {
            kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"}
            for kind in EVENTS
            if kind.topic == topic.name
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": KafkaSettings.model_fields["topic_partitions"].default,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": "0.5.0",
            }
        },
    }


def _configuration(topic: Topic) -> Document:
    policy = topic.config.get("cleanup.policy", "delete")
    configuration: Document = {"cleanup.policy": [policy]}
    if retention := topic.config.get("retention.ms"):
        configuration["retention.ms"] = int(retention)
    return configuration


def _operations(topic: str) -> list[tuple[str, Document]]:
    sender, receiver, _ = ENDS[topic]
    channel = {"channel": {"$ref": f"#/channels/{topic}"}}
    return [
        (f"{sender}.sends.{topic}", {"action": "send", **channel}),
        (f"{receiver}.receives.{topic}", {"action": "receive", **channel}),
    ]


def _message(kind: type[Event]) -> Document:
    return {
        "name": kind.__name__,
        "summary": kind.__doc__,
        "contentType": "application/json",
        "headers": _headers(kind.__name__),
        "payload": {"$ref": _REF.format(model=kind.__name__)},
        "bindings": {"kafka": {"key": _KEY, "bindingVersion": "0.5.0"}},
    }


def _headers(event_type: str) -> Document:
    """Return the schema of the CloudEvents attributes of an event."""
    properties: Document = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {**_TEXT, "description": "derives from what happened, so one id has one body"},
        "ce_type": {"const": event_type},
        "ce_source": {**_TEXT, "format": "uri-reference"},
        "ce_subject": {**_KEY, "description": "the key"},
        "ce_time": {**_TEXT, "format": "date-time", "description": "when it happened"},
        "content-type": {"const": "application/json"},
    }
    optional: Document = {
        "ce_requestid": {**_TEXT, "description": "the request that led to it"},
        "ce_traceparent": {**_TEXT, "description": "W3C Trace Context"},
    }
    return {
        "type": "object",
        "required": list(properties),
        "properties": {**properties, **optional},
    }


def _schemas() -> Document:
    models = [(kind, "validation") for kind in EVENTS]
    _, together = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    schemas: Document = together["$defs"]
    return schemas


def as_yaml(content: Document) -> str:
    """Return a document as text, the same each time."""
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    return text


if __name__ == "__main__":
    sys.stdout.write(as_yaml(document()))
