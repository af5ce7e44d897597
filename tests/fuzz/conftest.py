"""The stack to fuzz, in production mode without chaos endpoints, with its own users."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from tests.fuzz.target import Target

from stack import Stack

ADMIN, USER, PASSWORD = "admin@fuzz.example", "user@fuzz.example", "long enough"


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
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
                "user": _sign_in(client, USER),
                "admin": _sign_in(client, ADMIN),
            }
            document = client.get("/api/openapi.json").json()
        yield Target(stack.settings.shop_url, document, roles)
    finally:
        stack.down()


def _sign_in(client: httpx2.Client, email: str) -> dict[str, str]:
    response = client.post("/api/login", json={"email": email, "password": PASSWORD})
    assert response.status_code == 200, response.text
    return {"Authorization": f"Bearer {response.json()['access_token']}"}
