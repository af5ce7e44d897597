import json
import os
from pathlib import Path
from typing import Any

import pytest

from kiosk import places
from kiosk.errors import KioskError
from kiosk.places import Cluster, Compose, Machine, Part
from kiosk.processes import output

COMPOSE = ["docker", "compose", "-f", "shop.yml"]
KUBECTL = ["kubectl", "--context", "gke", "--namespace", "kiosk"]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the next program prints."""
    texts: list[str] = []
    monkeypatch.setattr(places, "output", lambda *_: texts.pop(0))
    monkeypatch.setattr(os, "isatty", lambda _: False)
    return texts


class TestCompose:
    @pytest.mark.parametrize(
        ("container", "part"),
        [
            (
                {"Service": "orders-ms", "State": "running", "Health": "healthy"},
                Part("orders-ms", "healthy", True),
            ),
            (
                {"Service": "orders-ms", "State": "running", "Health": "unhealthy"},
                Part("orders-ms", "unhealthy", False),
            ),
            ({"Service": "mail", "State": "running", "Health": ""}, Part("mail", "running", True)),
            (
                {"Service": "orders-migrate", "State": "exited", "ExitCode": 0},
                Part("orders-migrate", "done", True),
            ),
            (
                {"Service": "orders-migrate", "State": "exited", "ExitCode": 1},
                Part("orders-migrate", "exited", False),
            ),
        ],
        ids=["healthy", "unhealthy", "without a check", "has ended", "has failed"],
    )
    def test_parts_are_the_containers(
        self, printed: list[str], container: dict[str, Any], part: Part
    ) -> None:
        printed.append(json.dumps(container))
        assert Compose(Path("shop.yml")).parts() == [part]

    def test_runs_a_command_in_a_replica(self, printed: list[str]) -> None:
        printed.append("1f\n2e\n")
        compose = Compose(Path("shop.yml"))
        assert compose.replicas("orders") == ["1", "2"]
        assert compose.invocation("orders", ["status"], "2").arguments == [
            *COMPOSE,
            *("exec", "-T", "--index", "2", "orders-ms", "python", "-m", "orders", "status"),
        ]


class TestCluster:
    def test_parts_are_the_workloads(self, printed: list[str]) -> None:
        items = [
            {"metadata": {"name": "orders-ms"}, "spec": {"replicas": 2}, "status": {}},
            {
                "metadata": {"name": "kafka"},
                "spec": {"replicas": 3},
                "status": {"readyReplicas": 3},
            },
        ]
        printed.append(json.dumps({"items": items}))
        assert Cluster("kiosk", None).parts() == [
            Part("orders-ms", "0 of 2 ready", False),
            Part("kafka", "3 of 3 ready", True),
        ]

    def test_runs_a_command_in_a_pod(self, printed: list[str]) -> None:
        printed.append("pod/orders-ms-1\npod/orders-ms-2\n")
        cluster = Cluster("kiosk", "gke")
        assert cluster.replicas("orders") == ["pod/orders-ms-1", "pod/orders-ms-2"]
        assert cluster.invocation("orders", ["rebuild"]).arguments == [
            *KUBECTL,
            *("exec", "--stdin", "deployment/orders-ms", "--", "python", "-m", "orders", "rebuild"),
        ]


class TestMachine:
    def test_says_how_to_start_a_stack(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("STATE", str(tmp_path / "none"))
        with pytest.raises(KioskError, match="Run `make up`"):
            Machine()


class TestOutput:
    def test_explains_a_missing_program(self) -> None:
        with pytest.raises(KioskError, match="no-such-program is not on the PATH"):
            output(["no-such-program"])

    def test_shows_what_a_program_says_when_it_fails(self) -> None:
        with pytest.raises(KioskError, match="It is broken"):
            output(["sh", "-c", "echo It is broken >&2; exit 3"])
