"""Prometheus, with the committed rules and the targets of this machine."""

import json
from pathlib import Path
from typing import Any

import yaml

from stack import tools
from stack.errors import StackError
from stack.ports import LOOPBACK
from stack.services import SERVICES
from stack.settings import REPOSITORY, Settings
from stack.state import State

SOURCE = REPOSITORY / "infrastructure" / "observability"
RULES = "alerts.yml"
TARGETS = "targets.json"


def folder(state: State) -> Path:
    """Return the folder of Prometheus's configuration."""
    return state.folder / "prometheus"


def command(state: State, settings: Settings) -> list[str]:
    """Return the command that starts Prometheus; its paths are relative to its folder."""
    return [
        tools.prometheus(),
        "--config.file=prometheus.yml",
        f"--storage.tsdb.path={state.data('prometheus')}",
        "--storage.tsdb.retention.time=2d",
        f"--web.listen-address={LOOPBACK}:{settings.ports['prometheus']}",
        "--log.level=warn",
    ]


def prepare(state: State, settings: Settings) -> None:
    """Write the configuration.

    Raises:
        StackError: Prometheus is not installed.
    """
    if not Path(tools.prometheus()).exists():
        raise StackError("Prometheus is missing. Run `make prometheus`.")
    target = folder(state)
    target.mkdir(exist_ok=True)
    (target / RULES).write_bytes((SOURCE / RULES).read_bytes())
    (target / TARGETS).write_text(json.dumps(targets(settings), indent=2) + "\n", encoding="utf-8")
    configuration = yaml.safe_load((SOURCE / "prometheus.yml").read_text(encoding="utf-8"))
    configuration = local_configuration(configuration)
    (target / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")


def local_configuration(configuration: dict[str, Any]) -> dict[str, Any]:
    """Return Prometheus's configuration with rules and targets from its own folder."""
    services = {"job_name": "services", "file_sd_configs": [{"files": [TARGETS]}]}
    return {**configuration, "rule_files": [RULES], "scrape_configs": [services]}


def targets(settings: Settings) -> list[dict[str, Any]]:
    """Return the ports of the services, each with the name that it has in containers."""
    return [
        {
            "targets": [f"{LOOPBACK}:{settings.ports[f'{name}-monitoring']}"],
            "labels": {"instance": f"{name}-ms:9000"},
        }
        for name in SERVICES
    ]
