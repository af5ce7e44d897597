"""Prometheus, with the committed rules and the targets of this machine, and exporters."""

import json
from pathlib import Path
from typing import Any

import yaml

from stack import tools
from stack.errors import StackError
from stack.kafka import metrics_port
from stack.ports import LOOPBACK
from stack.services import SERVICES
from stack.settings import REPOSITORY, Settings, member_names
from stack.state import State

SOURCE = REPOSITORY / "infrastructure" / "observability"
RULES = "alerts.yml"
JOBS = ("services", "kafka", "nginx")


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


def nginx_exporter_command(state: State, settings: Settings) -> list[str]:
    """Return the command that makes metrics of nginx's access log."""
    return [
        tools.mtail(),
        *("--progs", str(SOURCE / "nginx.mtail"), "--logs", str(state.log("nginx"))),
        *("--address", LOOPBACK, "--port", str(settings.ports["nginx-metrics"])),
        "--logtostderr",
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
    for job, found in targets(settings).items():
        text = json.dumps(found, indent=2) + "\n"
        (target / targets_file(job)).write_text(text, encoding="utf-8")
    configuration = yaml.safe_load((SOURCE / "prometheus.yml").read_text(encoding="utf-8"))
    configuration = local_configuration(configuration)
    (target / "prometheus.yml").write_text(yaml.safe_dump(configuration), encoding="utf-8")


def local_configuration(configuration: dict[str, Any]) -> dict[str, Any]:
    """Return Prometheus's configuration with rules and targets from its own folder."""
    jobs = [{"job_name": job, "file_sd_configs": [{"files": [targets_file(job)]}]} for job in JOBS]
    return {**configuration, "rule_files": [RULES], "scrape_configs": jobs}


def targets_file(job: str) -> str:
    """Return the name of the file with the targets of a job."""
    return f"{job}.json"


def targets(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    """Return the targets of each job, those of services with the names that containers have."""
    brokers = member_names("kafka", settings.members)
    instances = {
        "services": {f"{name}-ms:9000": f"{name}-monitoring" for name in SERVICES},
        "kafka": {name: metrics_port(name) for name in brokers},
        "nginx": {"nginx": "nginx-metrics"},
    }
    return {
        job: [
            {
                "targets": [f"{LOOPBACK}:{settings.ports[port]}"],
                "labels": {"instance": instance},
            }
            for instance, port in ports.items()
        ]
        for job, ports in instances.items()
    }
