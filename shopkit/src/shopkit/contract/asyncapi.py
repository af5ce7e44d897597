"""The contract between the services as an AsyncAPI 3.0 document, generated from the event models.

python -m shopkit.contract.asyncapi > docs/asyncapi.yaml
"""

import sys
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic.json_schema import models_json_schema

from shopkit.contract.events import EVENTS, ORDER_STATUS_TOPIC, ORDERS_TOPIC, PRODUCTS_TOPIC
from shopkit.contract.topics import TOPICS
from shopkit.messaging.envelope import Event
from shopkit.messaging.topics import Topic
from shopkit.settings import KafkaSettings

Document = dict[str, Any]

_REF = "#/components/schemas/{model}"
_KEY: Document = {"type": "string", "pattern": "^[0-9a-f]{24}$"}
_TEXT: Document = {"type": "string"}

CHANNELS: Mapping[str, tuple[str, str, str]] = {
    PRODUCTS_TOPIC: ("products-ms", "orders-ms", "the product's id"),
    ORDERS_TOPIC: (
        "orders-ms",
        "products-ms",
        "the order's id. The order's first product selects the partition",
    ),
    ORDER_STATUS_TOPIC: ("products-ms", "orders-ms", "the order's id"),
}
"""The sender, the receiver and the key of each topic."""

DESCRIPTION = (
    "How products-ms and orders-ms stay consistent. Every event is delivered at least once, and "
    "events of one key are delivered in order. Readers detect duplicates by the event itself. The "
    "envelope is CloudEvents 1.0 in Kafka's binary mode. Readers ignore unknown fields."
)


def build_document() -> Document:
    """Return the AsyncAPI document."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "The shop's events", "version": "1.0.0", "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            name: operation for topic in TOPICS for name, operation in _operations(topic.name)
        },
        "components": {
            "messages": {event_type.__name__: _message(event_type) for event_type in EVENTS},
            "schemas": _schemas(),
        },
    }


def _channel(topic: Topic) -> Document:
    return {
        "address": topic.name,
        "description": f"The key is {CHANNELS[topic.name][2]}.",
        "messages": {
            event_type.__name__: {"$ref": f"#/components/messages/{event_type.__name__}"}
            for event_type in EVENTS
            if event_type.topic == topic.name
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
    sender, receiver, _ = CHANNELS[topic]
    channel = {"channel": {"$ref": f"#/channels/{topic}"}}
    return [
        (f"{sender}.sends.{topic}", {"action": "send", **channel}),
        (f"{receiver}.receives.{topic}", {"action": "receive", **channel}),
    ]


def _message(event_type: type[Event]) -> Document:
    return {
        "name": event_type.__name__,
        "summary": event_type.__doc__,
        "contentType": "application/json",
        "headers": _headers(event_type),
        "payload": {"$ref": _REF.format(model=event_type.__name__)},
        "bindings": {"kafka": {"key": _KEY, "bindingVersion": "0.5.0"}},
    }


def _headers(event_type: type[Event]) -> Document:
    """Return the schema of the CloudEvents attributes of an event."""
    properties: Document = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {
            **_TEXT,
            "description": "derived from the event, so one id always has the same body",
        },
        "ce_type": {"const": event_type.__name__},
        "ce_source": {**_TEXT, "format": "uri-reference"},
        "ce_subject": {**_KEY, "description": "the key"},
        "ce_time": {**_TEXT, "format": "date-time", "description": "when the event happened"},
        "content-type": {"const": "application/json"},
    }
    optional: Document = {
        "ce_requestid": {**_TEXT, "description": "the request that caused the event"},
        "ce_traceparent": {**_TEXT, "description": "W3C Trace Context"},
    }
    return {
        "type": "object",
        "required": list(properties),
        "properties": {**properties, **optional},
    }


def _schemas() -> Document:
    models = [(event_type, "validation") for event_type in EVENTS]
    _, definitions = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type]
    schemas: Document = definitions["$defs"]
    return schemas


def to_yaml(content: Document) -> str:
    """Return a document as YAML. The same document always gives the same text."""
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    return text


if __name__ == "__main__":
    sys.stdout.write(to_yaml(build_document()))
