"""A stack of its own to be fuzzed: as in production, no chaos endpoints, with users of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from stack import Stack

ADMIN, USER, PASSWORD = "admin@fuzz.example", "user@fuzz.example", "long enough"


@dataclass(frozen=True)
class Fuzzed:
    """The stack's address, its document, and the headers of each role."""

    url: str
    document: dict[str, Any]
    roles: dict[str, dict[str, str]]


@pytest.fixture(scope="session")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    folder: Path = tmp_path_factory.mktemp("fuzz") / "stack"
    stack = Stack.in_folder(folder, MODE="prod", SEED="demo", WEB="none")
    stack.up()
    try:
        subprocess.run(
            [sys.executable, "-m", "authentication", "create-admin", ADMIN],
            input=PASSWORD.encode(),
            env={**os.environ, **stack.environment("authentication")},
            check=True,
        )
        with httpx2.Client(base_url=stack.settings.shop_url, timeout=20) as client:
            body = {"email": USER, "password": PASSWORD}
            assert client.post("/api/register", json=body).status_code == 201
            roles = {
                "visitor": {},
                "user": _signed_in(client, USER),
                "admin": _signed_in(client, ADMIN),
            }
            document = client.get("/api/openapi.json").json()
        yield Fuzzed(stack.settings.shop_url, document, roles)
    finally:
        stack.down()


def _signed_in(client: httpx2.Client, email: str) -> dict[str, str]:
    answer = client.post("/api/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}
