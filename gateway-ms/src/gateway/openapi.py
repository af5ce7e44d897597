"""Merges the OpenAPI documents of the services into one, as seen through the gateway.

Operations without a route are left out. The responses of the gateway itself are added.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import structlog

from gateway import problems
from gateway.errors import ServiceUnavailableError
from gateway.fetch import Fetch
from gateway.routes import SAFE_METHODS, Access, Route, Service
from shopkit.web.problems import (
    FORBIDDEN,
    UNAUTHENTICATED,
    UNAVAILABLE,
    ProblemDocument,
    ProblemType,
    responses,
)

CACHE_SECONDS = 60.0
RETRY_SECONDS = 2.0

_REFERENCE = "#/components/schemas/"
_METHODS = ("get", "put", "post", "patch", "delete")
_METHODS_WITH_BODY = frozenset({"PUT", "POST", "PATCH"})

Json = dict[str, Any]

log = structlog.get_logger(__name__)


class ApiDocument:
    """The merged document. The last document of a service is used while the service is down."""

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
        self._fetch_at = dict.fromkeys(fetchers, float("-inf"))
        self._documents: dict[Service, Json] = {}
        self._merged = b""

    async def get(self) -> bytes:
        """Return the merged document as JSON. Each service's part is at most a minute old.

        Raises:
            ServiceUnavailableError: No document of any service was fetched yet.
        """
        changed = [await self._update(service) for service in self._fetchers]
        if not self._documents:
            raise ServiceUnavailableError("documentation")
        if any(changed):
            self._merged = json.dumps(merge(self._documents, self._routes)).encode()
        return self._merged

    async def _update(self, service: Service) -> bool:
        if self._clock() < self._fetch_at[service]:
            return False
        try:
            document = await self._fetchers[service]()
        except Exception as error:  # noqa: BLE001 - any error leaves the last document in use.
            log.warning("cannot fetch the API document", service=service.value, error=repr(error))
            self._fetch_at[service] = self._clock() + RETRY_SECONDS
            return False
        self._fetch_at[service] = self._clock() + CACHE_SECONDS
        changed: bool = document != self._documents.get(service)
        self._documents[service] = document
        return changed


def merge(documents: Mapping[Service, Json], routes: Iterable[Route]) -> Json:
    """Return the merged document.

    Args:
        documents: The document of each service.
        routes: The gateway's routes.
    """
    routes_by_key = {
        (route.service, route.method, _without_parameter_names(route.path)): route
        for route in routes
    }
    schemas = _problem_schemas()
    paths: dict[str, Json] = {}
    for service in sorted(documents):
        importer = _SchemaImporter(service, documents[service], schemas)
        for path, method, operation in _operations(documents[service]):
            key = (service, method.upper(), _without_parameter_names(path))
            if route := routes_by_key.get(key):
                imported = importer.import_schemas(operation)
                paths.setdefault(path, {})[method] = _describe(imported, route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kiosk API", "version": "1.0.0"},
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _without_parameter_names(path: str) -> str:
    """Return a path without the names of its parameters, which each service chooses."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                # Parameters can be declared for all operations of a path.
                operation = item[method]
                parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
                yield path, method, operation | ({"parameters": parameters} if parameters else {})


def _problem_schemas() -> Json:
    schema = ProblemDocument.model_json_schema(ref_template=_REFERENCE + "{model}")
    definitions: Json = schema.pop("$defs")
    return definitions | {"ProblemDocument": schema}


class _SchemaImporter:
    """Adds the schemas that a service's operations use to the merged document.

    Args:
        service: The service.
        document: The service's document.
        merged: The schemas of the merged document, which this object adds to.
    """

    def __init__(self, service: Service, document: Json, merged: Json) -> None:
        self._service = service
        self._schemas: Json = document.get("components", {}).get("schemas", {})
        self._merged = merged
        self._others = dict(merged)
        self._names: dict[str, str] = {}

    def import_schemas(self, node: Any) -> Any:
        """Return a part of the document whose references point to the merged schemas."""
        if isinstance(node, list):
            return [self.import_schemas(item) for item in node]
        if not isinstance(node, dict):
            return node
        return {
            key: self._import_reference(value)
            if key == "$ref" and isinstance(value, str)
            else self.import_schemas(value)
            for key, value in node.items()
        }

    def _import_reference(self, reference: str) -> str:
        name = reference.removeprefix(_REFERENCE)
        if name == reference or name not in self._schemas:
            return reference
        if name not in self._names:
            # The name is stored first, because a schema may refer to itself.
            self._names[name] = self._unique_name(name)
            self._merged[self._names[name]] = self.import_schemas(self._schemas[name])
        return _REFERENCE + self._names[name]

    def _unique_name(self, name: str) -> str:
        """Return a schema's name, with the service's name before it if it is already taken."""
        if name not in self._others or _are_equal(name, self._schemas, self._others):
            return name
        return f"{self._service.value.capitalize()}{name}"


def _are_equal(name: str, ours: Json, theirs: Json, seen: frozenset[str] = frozenset()) -> bool:
    """Return whether two schemas of the same name are equal, with all that they refer to."""
    if name in seen:
        return True
    if ours.get(name) != theirs.get(name):
        return False
    references = re.findall(re.escape(_REFERENCE) + r'([^"]+)"', json.dumps(ours.get(name)))
    return all(_are_equal(reference, ours, theirs, seen | {name}) for reference in references)


def _describe(operation: Json, route: Route) -> Json:
    """Return an operation with the gateway's access rules and problems."""
    own = {str(status): body for status, body in responses(*_problem_types(route)).items()}
    described = operation | {"responses": own | operation.get("responses", {})}
    described["responses"] = dict(sorted(described["responses"].items()))
    described.pop("security", None)
    if route.access is not Access.ANYONE:
        described["security"] = [{"bearer": []}]
    return described


def _problem_types(route: Route) -> Iterator[ProblemType]:
    if route.access is not Access.ANYONE:
        yield UNAUTHENTICATED
    if route.access is Access.ADMIN:
        yield FORBIDDEN
    if route.method not in SAFE_METHODS:
        yield problems.CROSS_SITE
    if route.method in _METHODS_WITH_BODY:
        yield problems.REQUEST_TIMEOUT
        yield problems.TOO_LARGE
    yield problems.TOO_MANY_REQUESTS
    yield problems.BAD_GATEWAY
    yield UNAVAILABLE
    yield problems.GATEWAY_TIMEOUT
