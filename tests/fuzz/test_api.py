"""Every operation of the API, with each role, through nginx, fuzzed from its own document.

No answer may be a failure of the server, have a status, a header or a type that the document does
not name, or a body other than the document says.
"""

import time
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
    operations = [result.ok() for result in schema.get_all_operations()]
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
            except Exception as error:  # All operations are tried; then all failures are shown.
                failures.append(f"{operation.method.upper()} {operation.path}: {error}")
    print(f"{role}: {len(operations)} operations, {EXAMPLES} requests each")
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
    def send(case: schemathesis.Case) -> None:
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
        deadline = time.monotonic() + STREAM_SECONDS
        names = []
        try:
            for line in answer.iter_lines():
                names += [line] if line.startswith(b"event: ") else []
                if time.monotonic() > deadline:
                    break
        except requests.exceptions.ConnectionError as silence:
            assert "Read timed out" in str(silence)
        assert names == [b"event: snapshot"]
