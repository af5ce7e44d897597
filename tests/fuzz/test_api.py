"""Every operation of the API, with each role, through nginx, fuzzed from its own document.

No answer may be a failure of the server, have a status, a header or a type that the document does
not name, or a body other than the document says.
"""

from contextlib import suppress
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

EXAMPLES = 15
STREAM = "/api/orders/stream"
STREAM_SECONDS = 2.0
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ["visitor", "user", "admin"])
def test_every_operation_keeps_to_the_document(fuzzed: Any, role: str) -> None:
    schema = schemathesis.openapi.from_dict(fuzzed.document)
    operations: list[Any] = [one.ok() for one in schema.get_all_operations()]  # type: ignore[union-attr]
    documented = {
        (verb.upper(), path) for path, verbs in fuzzed.document["paths"].items() for verb in verbs
    }
    assert {(one.method.upper(), one.path) for one in operations} == documented
    failures: list[str] = []
    with requests.Session() as session:
        session.headers.update(fuzzed.roles[role])
        for operation in operations:
            try:
                if operation.path == STREAM:
                    _read_stream(fuzzed, session, role)
                else:
                    _fuzz(operation, fuzzed.url, session)
            except Exception as error:  # noqa: BLE001 - all are tried; then all failures are shown.
                failures.append(f"{operation.method.upper()} {operation.path}: {error}")
    print(f"{role}: {len(operations)} operations, {EXAMPLES} requests each")  # noqa: T201
    assert not failures, "\n\n".join(failures)


def _fuzz(operation: Any, url: str, session: requests.Session) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        answer = case.call(base_url=url, session=session, timeout=20)
        case.validate_response(answer, checks=CHECKS)

    send()


def _read_stream(fuzzed: Any, session: requests.Session, role: str) -> None:
    expected = 401 if role == "visitor" else 200
    with session.get(f"{fuzzed.url}{STREAM}", stream=True, timeout=STREAM_SECONDS) as answer:
        assert answer.status_code == expected
        if expected == 401:
            assert answer.headers["content-type"] == "application/problem+json"
            return
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert _event_names(answer) == [b"event: snapshot"]


def _event_names(answer: requests.Response) -> list[bytes]:
    """Return the names of the events that come before nothing comes for 2 s."""
    names: list[bytes] = []
    with suppress(requests.exceptions.ConnectionError):
        for line in answer.iter_lines():
            names += [line] if line.startswith(b"event: ") else []
    return names
