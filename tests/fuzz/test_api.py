"""Fuzzes every operation of the API with each role, through nginx, from its OpenAPI document.

No response may be a server error, or have a status, a content type, a header or a body that
contradicts the document.
"""

from contextlib import suppress
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.fuzz.target import Target

Operation = APIOperation[Any, Any, Any, Any]

EXAMPLES = 15
STREAM = "/api/orders/stream"
STREAM_SECONDS = 2.0
SIGN_OUT = ("DELETE", "/api/me/sessions")
"""Ends all sessions, so it comes last."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ["visitor", "user", "admin"])
def test_every_operation_matches_the_document(target: Target, role: str) -> None:
    # Given
    schema = schemathesis.openapi.from_dict(target.document)
    results = list(schema.get_all_operations())
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(operations) == len(results)
    documented = {
        (method.upper(), path)
        for path, methods in target.document["paths"].items()
        for method in methods
    }
    assert {_name(operation) for operation in operations} == documented
    operations.sort(key=lambda operation: _name(operation) == SIGN_OUT)
    # When
    failures: list[str] = []
    with requests.Session() as session:
        session.headers.update(target.roles[role])
        for operation in operations:
            try:
                if operation.path == STREAM:
                    _read_stream(target, session, role)
                else:
                    _fuzz(operation, target.url, session)
            except Exception as error:  # noqa: BLE001 - all failures are reported.
                failures.append(f"{operation.method.upper()} {operation.path}: {error}")
    print(f"{role}: {len(operations)} operations, {EXAMPLES} requests each")  # noqa: T201
    # Then
    assert not failures, "\n\n".join(failures)


def _name(operation: Operation) -> tuple[str, str]:
    return operation.method.upper(), operation.path


def _fuzz(operation: Operation, url: str, session: requests.Session) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=operation.as_strategy())
    def send(case: Case[Any]) -> None:
        response = case.call(base_url=url, session=session, timeout=20)
        case.validate_response(response, checks=CHECKS)

    send()


def _read_stream(target: Target, session: requests.Session, role: str) -> None:
    expected = 401 if role == "visitor" else 200
    with session.get(f"{target.url}{STREAM}", stream=True, timeout=STREAM_SECONDS) as response:
        assert response.status_code == expected
        if expected == 401:
            assert response.headers["content-type"] == "application/problem+json"
            return
        assert response.headers["content-type"].startswith("text/event-stream")
        assert _event_lines(response) == [b"event: snapshot"]


def _event_lines(response: requests.Response) -> list[bytes]:
    """Return the lines with names of events, until nothing arrives for 2 s."""
    lines: list[bytes] = []
    with suppress(requests.exceptions.ConnectionError):
        lines += (line for line in response.iter_lines() if line.startswith(b"event: "))
    return lines
