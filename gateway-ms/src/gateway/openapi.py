"""One OpenAPI document of all services, true to what passes the gateway.

Each service describes its own operations; what the gateway's table does not let through is left
out, and what the gateway itself may answer is put in.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import structlog

from gateway import problems
from gateway.forwarding.upstream import Fetch
from gateway.routes import Route, Service, Who
from shopkit.web.problems import (
    FORBIDDEN,
    UNAUTHENTICATED,
    UNAVAILABLE,
    ProblemDocument,
    ProblemType,
)
from shopkit.web.problems import responses as documented

CACHE_SECONDS = 60.0
RETRY_SECONDS = 2.0

TOO_MANY = ProblemType("too-many-requests", "Too many tries", 429, headers={"Retry-After": ""})

_REFERENCE = "#/components/schemas/"
_VERBS = ("get", "put", "post", "patch", "delete")
_WITH_BODY = frozenset({"PUT", "POST", "PATCH"})

Json = dict[str, Any]

log = structlog.get_logger(__name__)


class Documents:
    """The services' documents, each kept while its service is away."""

    def __init__(
        self,
        fetchers: Mapping[Service, Fetch],
        routes: Iterable[Route],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetchers = fetchers
        self._routes = tuple(routes)
        self._clock = clock
        self._due = dict.fromkeys(fetchers, float("-inf"))
        self._documents: dict[Service, Json] = {}
        self._merged = b""

    async def merged(self) -> bytes:
        """Return the merged document as JSON, a minute old at most where the services are there.

        Raises:
            ServiceAwayError: No service has ever told of itself.
        """
        changed = [await self._renew(service) for service in self._fetchers]
        if not self._documents:
            raise problems.ServiceAwayError("the shop")
        if any(changed):
            self._merged = json.dumps(merge(self._documents, self._routes)).encode()
        return self._merged

    async def _renew(self, service: Service) -> bool:
        if self._clock() < self._due[service]:
            return False
        try:
            document = await self._fetchers[service]()
        except Exception as error:  # noqa: BLE001 - whatever it is, the last document stays.
            log.warning("no OpenAPI document", service=service.value, error=repr(error))
            self._due[service] = self._clock() + RETRY_SECONDS
            return False
        self._due[service] = self._clock() + CACHE_SECONDS
        changed: bool = document != self._documents.get(service)
        self._documents[service] = document
        return changed


def merge(documents: Mapping[Service, Json], routes: Iterable[Route]) -> Json:
    """Return one document of all.

    Args:
        documents: What each service tells of itself.
        routes: The gateway's table.
    """
    rows = {(r.service, r.method, _shape(r.path)): r for r in routes}
    schemas = _gateway_schemas()
    paths: dict[str, Json] = {}
    for service in sorted(documents):
        part = _Part(service, documents[service], schemas)
        for path, verb, operation in _operations(documents[service]):
            if row := rows.get((service, verb.upper(), _shape(path))):
                paths.setdefault(path, {})[verb] = _described(part.take(operation), row)
    return {
        "openapi": "3.1.0",
        "info": {"title": "The shop's API", "version": "1.0.0"},
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _shape(path: str) -> str:
    """Return a path without its parameters' names, which a service may choose."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document.get("paths", {}).items():
        for verb in _VERBS:
            if verb in item:
                # A parameter may be told once for all verbs of a path.
                shared = item.get("parameters", [])
                operation = item[verb]
                parameters = [*shared, *operation.get("parameters", [])]
                yield path, verb, operation | ({"parameters": parameters} if parameters else {})


def _gateway_schemas() -> Json:
    schema = ProblemDocument.model_json_schema(ref_template=_REFERENCE + "{model}")
    inner: Json = schema.pop("$defs")
    return inner | {"ProblemDocument": schema}


class _Part:
    """One service's part: takes over the schemas that its operations use."""

    def __init__(self, service: Service, document: Json, taken: Json) -> None:
        """Take what is there.

        Args:
            service: Whose part it is.
            document: Its document.
            taken: The schemas of the merged document, which grow.
        """
        self._service = service
        self._own: Json = document.get("components", {}).get("schemas", {})
        self._taken = taken
        self._before = dict(taken)
        self._names: dict[str, str] = {}

    def take(self, node: Any) -> Any:
        """Return a part of the document with its references led to the merged schemas."""
        if isinstance(node, list):
            return [self.take(item) for item in node]
        if not isinstance(node, dict):
            return node
        return {
            key: self._led(value) if key == "$ref" and isinstance(value, str) else self.take(value)
            for key, value in node.items()
        }

    def _led(self, reference: str) -> str:
        name = reference.removeprefix(_REFERENCE)
        if name == reference or name not in self._own:
            return reference
        if name not in self._names:
            self._names[name] = self._name(name)
            self._taken[self._names[name]] = self.take(self._own[name])
        return _REFERENCE + self._names[name]

    def _name(self, name: str) -> str:
        """Return a schema's name in the merged document, another one where it is taken."""
        if name not in self._before or _same(name, self._own, self._before):
            return name
        return f"{self._service.value.capitalize()}{name}"


def _same(name: str, ours: Json, theirs: Json, seen: frozenset[str] = frozenset()) -> bool:
    """Whether two schemas of one name mean the same, with all that they refer to."""
    if name in seen:
        return True
    if ours.get(name) != theirs.get(name):
        return False
    used = re.findall(re.escape(_REFERENCE) + r'([^"]+)"', json.dumps(ours.get(name)))
    return all(_same(each, ours, theirs, seen | {name}) for each in used)


def _described(operation: Json, row: Route) -> Json:
    """Return an operation with its access and with what the gateway may answer."""
    added = {str(status): answer for status, answer in documented(*_answers(row)).items()}
    described = operation | {"responses": added | operation.get("responses", {})}
    described["responses"] = dict(sorted(described["responses"].items()))
    described.pop("security", None)
    if row.who is not Who.ANYONE:
        described["security"] = [{"bearer": []}]
    return described


def _answers(row: Route) -> Iterator[ProblemType]:
    if row.who is not Who.ANYONE:
        yield UNAUTHENTICATED
    if row.who is Who.ADMIN:
        yield FORBIDDEN
    if row.method in _WITH_BODY:
        yield problems.REQUEST_TIMEOUT
        yield problems.TOO_LARGE
    if row.throttled:
        yield TOO_MANY
    yield problems.BAD_GATEWAY
    yield UNAVAILABLE
    yield problems.GATEWAY_TIMEOUT
