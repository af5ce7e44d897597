"""Errors become HTTP here: RFC 9457 problem documents, and nothing else.

A service has one table from its exceptions to problem types; `install` puts it into an app.
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

from shopkit.tracing.context import current_request_id

MEDIA_TYPE = "application/problem+json"

log = structlog.get_logger(__name__)


class FieldError(BaseModel):
    """What is wrong with one field of a request."""

    field: str
    message: str


class ProblemDocument(BaseModel):
    """The body of every error, as RFC 9457 has it."""

    type: str = Field(examples=["/problems/not-found"])
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[FieldError] | None = None


@runtime_checkable
class Explains(Protocol):
    """An exception that names what is wrong with each field."""

    def field_errors(self) -> list[tuple[str, str]]:
        """Return pairs of field and message."""
        ...


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem: its stable name, its title and its status.

    `detail` is what a person is told where the exception's own text must not leave.
    """

    name: str
    title: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""

    @property
    def uri(self) -> str:
        """The relative URI that names it for ever."""
        return f"/problems/{self.name}"


VALIDATION = ProblemType("validation", "The request is not valid", 422)
INTERNAL = ProblemType("internal", "Something went wrong here", 500)
UNAVAILABLE = ProblemType(
    "unavailable", "A part of the shop is away", 503, headers={"Retry-After": "1"}
)
UNREADABLE = ProblemType("bad-request", "Bad Request", 400)
"""What any endpoint with a body can answer with: bytes that are no JSON, or nested beyond sense."""
UNAUTHENTICATED = ProblemType(
    "unauthenticated", "Please sign in", 401, headers={"WWW-Authenticate": "Bearer"}
)
FORBIDDEN = ProblemType("forbidden", "Your role does not allow this", 403)
KEY_REUSED = ProblemType("idempotency-key-reused", "The key was used before", 422)
NOT_FOUND = ProblemType("not-found", "Not found", 404)

INTERNAL_DETAIL = (
    "The request could not be answered. Nothing is known to have changed; please try again."
)

Table = Mapping[type[Exception], ProblemType | Callable[[Exception], ProblemType]]
"""From an exception to its problem, or to what judges one by its content."""


def render(
    problem: ProblemType,
    detail: str,
    *,
    instance: str,
    errors: list[tuple[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the response that tells of a problem.

    Args:
        problem: The kind.
        detail: A sentence for a person.
        instance: The path of the request.
        errors: Pairs of field and message.
        headers: Headers beside the kind's own.
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


def install(app: FastAPI, table: Table) -> None:
    """Answer each exception of the table, and each that nobody foresaw, with its problem document.

    Args:
        app: The application.
        table: Which problem each exception is; the exception's text is the detail, its
            `field_errors()`, if it has them, the errors, its `headers`, if any, are sent too.
    """

    async def known(request: Request, error: Exception) -> JSONResponse:
        entry = next(table[kind] for kind in type(error).__mro__ if kind in table)
        problem = entry if isinstance(entry, ProblemType) else entry(error)
        if problem.status >= 500:
            trace = error if problem.status == 500 else None
            log.warning("request failed", problem=problem.name, error=repr(error), exc_info=trace)
        return render(
            problem,
            problem.detail or str(error),
            instance=request.url.path,
            errors=error.field_errors() if isinstance(error, Explains) else None,
            headers=getattr(error, "headers", None),
        )

    for kind in table:
        app.add_exception_handler(kind, known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = [(_field(item["loc"]), _sentence(item["msg"])) for item in error.errors()]
    detail = "; ".join(f"{name}: {text}" if name else text for name, text in errors)
    return render(VALIDATION, detail, instance=request.url.path, errors=errors)


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[1:])


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = HTTPStatus(error.status_code)
    problem = ProblemType(status.phrase.lower().replace(" ", "-"), status.phrase, status.value)
    detail = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.method} is not possible at {request.url.path}.",
        400: "The body could not be read.",
    }.get(status.value, str(error.detail))
    return render(problem, detail, instance=request.url.path, headers=error.headers)


async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    log.error("unforeseen error", exc_info=error)
    return render(INTERNAL, INTERNAL_DETAIL, instance=request.url.path)


def document(*problems: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for the problems that an endpoint can answer with."""
    by_status: dict[int, list[ProblemType]] = {}
    for problem in problems:
        by_status.setdefault(problem.status, []).append(problem)
    return {status: _documented(kinds) for status, kinds in by_status.items()}


def _documented(kinds: list[ProblemType]) -> dict[str, Any]:
    headers = {name for kind in kinds for name in kind.headers}
    return {
        "description": " or ".join(f"{kind.title} (`{kind.uri}`)" for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        "headers": {name: {"schema": {"type": "string"}} for name in sorted(headers)},
    }
