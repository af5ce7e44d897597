"""The envelope of events: CloudEvents 1.0 in Kafka's binary mode.

The attributes are `ce_*` headers and the event is the JSON body. See the CloudEvents Kafka
protocol binding 1.0.2, section 3.2.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shopkit.storage.unit_of_work import Message
from shopkit.tracing.context import TraceContext, is_request_id, is_traceparent
from shopkit.validation import explain_all

MAX_LOGGED_ID = 200
"""How many characters of an event id a log shows. Anyone at the broker can choose one."""


class EventModel(BaseModel):
    """A part of an event. Readers ignore unknown fields, so that writers can add fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(EventModel):
    """Something that happened. The id is derived from it, so one id always has the same content."""

    topic: ClassVar[str]

    type: str
    schema_version: Literal[1] = 1

    @property
    @abstractmethod
    def key(self) -> str:
        """The Kafka key. Events of one key are delivered in order."""

    @property
    def id(self) -> str:
        """The CloudEvents id."""
        return f"{self.type}/{self.key}"


class BrokenRuleError(Exception):
    """An event contradicts the stored data. Applying it again would not help."""


class UndecodableError(Exception):
    """A message does not contain an event that its consumer handles."""


E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Delivery(Generic[E_co]):
    """An event that was received.

    Attributes:
        event: The event.
        trace_context: The request that caused it.
        time: When it happened.
    """

    event: E_co
    trace_context: TraceContext
    time: datetime


def type_name(event_type: type[Event]) -> str:
    """Return the CloudEvents type of an event class."""
    return str(event_type.model_fields["type"].default)


def wrap(
    event: Event,
    *,
    source: str,
    time: datetime,
    trace_context: TraceContext,
    partition_key: str | None = None,
) -> Message:
    """Put an event into its envelope.

    Args:
        event: The event.
        source: The service that sends it.
        time: When it happened.
        trace_context: The request that caused it.
        partition_key: Selects the partition, the event's key by default. All events of one key must
            have the same.
    """
    return Message(
        id=event.id,
        type=event.type,
        topic=event.topic,
        key=event.key,
        partition_key=partition_key or event.key,
        value=event.model_dump_json(exclude_none=True).encode(),
        source=source,
        time=time,
        trace_context=trace_context,
    )


def headers(message: Message) -> list[tuple[str, bytes]]:
    """Return the CloudEvents attributes of a message as Kafka headers."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": message.id,
        "ce_type": message.type,
        "ce_source": f"/{message.source}",
        "ce_subject": message.key,
        "ce_time": message.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "ce_requestid": message.trace_context.request_id,
        "ce_traceparent": message.trace_context.traceparent,
        "content-type": "application/json",
    }
    return [(name, value.encode()) for name, value in attributes.items() if value]


def decode(
    event_types: Mapping[str, type[Event]],
    headers: Iterable[tuple[str, bytes | None]],
    value: bytes | None,
) -> Delivery[Event]:
    """Return the event of a Kafka message.

    The values of an event that is returned fit into the database.

    Args:
        event_types: The event classes to expect, by CloudEvents type.
        headers: The headers of the message.
        value: The body of the message.

    Raises:
        UndecodableError: The type is not expected, or the envelope or the body is invalid.
    """
    try:
        attributes = {name: (text or b"").decode() for name, text in headers}
        event_type = event_types.get(attributes["ce_type"])
        if event_type is None:
            raise UndecodableError(_unexpected(attributes["ce_type"]))
        event = event_type.model_validate_json(value or b"")
        time = datetime.fromisoformat(attributes["ce_time"])
    except KeyError as error:
        raise UndecodableError(f"The message has no header {error}.") from error
    except ValidationError as error:
        raise UndecodableError(f"The event is invalid. {explain_all(error.errors())}") from error
    except UnicodeDecodeError as error:
        raise UndecodableError("A header of the message is not in UTF-8.") from error
    except ValueError as error:
        raise UndecodableError("The time of the event is not valid.") from error
    return Delivery(event, read_trace_context(headers), time)


def _unexpected(name: str) -> str:
    kind = f"the type {name}" if name else "a type without a name"
    return f"This service does not handle events of {kind}."


def read_event_id(headers: Iterable[tuple[str, bytes | None]]) -> str:
    """Return the event id of a Kafka message for a log, empty if it has none."""
    ids = (text or b"" for name, text in headers if name == "ce_id")
    return next(ids, b"").decode(errors="replace")[:MAX_LOGGED_ID]


def read_trace_context(headers: Iterable[tuple[str, bytes | None]]) -> TraceContext:
    """Return the trace context of a Kafka message. Parts that are missing or invalid are empty."""
    attributes = {name: (text or b"").decode(errors="replace") for name, text in headers}
    request_id = attributes.get("ce_requestid", "")
    traceparent = attributes.get("ce_traceparent", "")
    return TraceContext(
        request_id if is_request_id(request_id) else "",
        traceparent if is_traceparent(traceparent) else "",
    )
