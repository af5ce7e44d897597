"""Maps errors to RFC 9457 problem documents.

Each service has one table from its exceptions to problem types, which `install` adds to its
application.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol, runtime_checkable

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopkit.tracing.context import current_request_id
from shopkit.validation import explain, explain_all, field_path

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger(__name__)


class FieldError(BaseModel):
    """What is wrong with a field of the request."""

    field: str
    message: str


class ProblemDocument(BaseModel):
    """The body of every error response, as RFC 9457 defines it."""

    type: str = Field(examples=["/problems/not-found"])
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldError] | None = None


@runtime_checkable
class HasFieldErrors(Protocol):
    """An exception that explains what is wrong with each field."""

    def field_errors(self) -> list[tuple[str, str]]:
        """Return pairs of field and message."""
        ...


@dataclass(frozen=True)
class ProblemType:
    """A type of problem.

    Attributes:
        name: Its stable name.
        title: Its title.
        status: The HTTP status code.
        headers: Headers of the response.
        detail: The detail to show in place of the exception's message, which may be internal.
        invalid_field: The header or field that is wrong, if every such problem is about it.
    """

    name: str
    title: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""
    invalid_field: str = ""

    @property
    def uri(self) -> str:
        """The relative URI that identifies the type."""
        return f"/problems/{self.name}"


VALIDATION = ProblemType("validation", "The request is invalid", 422)
INTERNAL = ProblemType("internal", "Something went wrong", 500)
UNAVAILABLE = ProblemType(
    "unavailable", "The service is unavailable", 503, headers={"Retry-After": "1"}
)
UNREADABLE = ProblemType("bad-request", "Bad request", 400)
"""A body that is not JSON. Every endpoint with a body can respond with it."""
UNAUTHENTICATED = ProblemType(
    "unauthenticated", "Sign in first", 401, headers={"WWW-Authenticate": "Bearer"}
)
FORBIDDEN = ProblemType("forbidden", "Your role does not allow this", 403)
KEY_REUSED = ProblemType(
    "idempotency-key-reused",
    "The idempotency key was already used",
    422,
    invalid_field="Idempotency-Key",
)
NOT_FOUND = ProblemType("not-found", "Not found", 404)

INTERNAL_DETAIL = "The request failed because of an internal error. Try again."

ProblemTable = Mapping[type[Exception], ProblemType | Callable[[Exception], ProblemType]]
"""The problem type of each exception, or a function that returns it for an exception."""


def render(
    problem: ProblemType,
    detail: str,
    *,
    instance: str,
    errors: list[tuple[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the response for a problem.

    Args:
        problem: The type of problem.
        detail: What went wrong, in a sentence for users.
        instance: The path of the request.
        errors: Pairs of field and message.
        headers: Headers in addition to those of the type.
    """
    document = ProblemDocument(
        type=problem.uri,
        title=problem.title,
        status=problem.status,
        detail=detail,
        instance=instance,
        request_id=current_request_id(),
        errors=[FieldError(field=name, message=text) for name, text in errors] if errors else None,
    )
    return JSONResponse(
        document.model_dump(exclude_none=True),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={**problem.headers, **(headers or {})},
    )


def install(app: FastAPI, table: ProblemTable) -> None:
    """Respond to every exception with a problem document.

    Args:
        app: The application.
        table: The problem type of each exception. The exception's message is the detail, and its
            `field_errors()`, if it has them, are the errors.
    """

    async def handle(request: Request, error: Exception) -> JSONResponse:
        problem = find_problem_type(table, error)
        if problem.status >= 500:
            trace = error if problem.status == 500 else None
            log.warning("request failed", problem=problem.name, error=repr(error), exc_info=trace)
        return render(
            problem,
            problem.detail or str(error),
            instance=request.url.path,
            errors=_field_errors(problem, error),
        )

    for kind in table:
        app.add_exception_handler(kind, handle)
    app.add_exception_handler(RequestValidationError, _handle_validation)
    app.add_exception_handler(HTTPException, _handle_http)
    app.add_middleware(UnexpectedErrors)


def find_problem_type(table: ProblemTable, error: Exception) -> ProblemType:
    """Return the problem type of an exception that a table contains."""
    entry = next(table[kind] for kind in type(error).__mro__ if kind in table)
    return entry if isinstance(entry, ProblemType) else entry(error)


def _field_errors(problem: ProblemType, error: Exception) -> list[tuple[str, str]] | None:
    if problem.invalid_field:
        return [(problem.invalid_field, str(error))]
    return error.field_errors() if isinstance(error, HasFieldErrors) else None


async def _handle_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    # The first part of a location says whether it is in the body, the path or the query.
    found = [{**item, "loc": item["loc"][1:]} for item in error.errors()]
    errors = [(field_path(item["loc"]), explain(item)) for item in found]
    detail = explain_all(found)
    return render(VALIDATION, detail, instance=request.url.path, errors=errors)


async def _handle_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    problem = ProblemType(
        status.phrase.lower().replace(" ", "-"), status.phrase.capitalize(), status.value
    )
    detail = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.url.path} does not support {request.method}.",
        400: "The request body is not valid JSON.",
    }.get(status.value, str(error.detail))
    return render(problem, detail, instance=request.url.path, headers=error.headers)


class UnexpectedErrors:
    """Responds to unexpected errors, and keeps the connection open.

    Starlette's handler of such errors raises them again, so the server closes the connection after
    the response. The gateway could send another client's request on it just then.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application."""
        started = False

        async def send_and_watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_watch)
        except Exception:
            if scope["type"] != "http" or started:
                # The client must not take an incomplete response for a complete one.
                raise
            log.exception("unexpected error")
            response = render(INTERNAL, INTERNAL_DETAIL, instance=scope["path"])
            await response(scope, receive, send)


def responses(*problems: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for the problems that an endpoint can respond with."""
    by_status: dict[int, list[ProblemType]] = {}
    for problem in problems:
        by_status.setdefault(problem.status, []).append(problem)
    return {status: _response(kinds) for status, kinds in by_status.items()}


def _response(kinds: list[ProblemType]) -> dict[str, Any]:
    headers = {name for kind in kinds for name in kind.headers}
    return {
        "description": " or ".join(f"{kind.title} (`{kind.uri}`)" for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        "headers": {name: {"schema": {"type": "string"}} for name in sorted(headers)},
    }
