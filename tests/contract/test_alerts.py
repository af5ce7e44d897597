"""The alert rules, compared with the metrics of the services and with the documentation."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from tests.monitoring.faults import FAULTS, NOT_INJECTED

import authentication
import gateway
import orders
import products
import shopkit
from shopkit.security_events import SecurityEvent

REPOSITORY = Path(__file__).resolve().parents[2]
RULES = REPOSITORY / "infrastructure" / "observability" / "alerts.yml"
INCIDENTS = REPOSITORY / "docs" / "operations" / "incidents.md"
FUNCTIONS = {
    "abs",
    "absent",
    "histogram_quantile",
    "increase",
    "label_replace",
    "max",
    "max_over_time",
    "rate",
    "sum",
    "time",
}
OF_PROMETHEUS = {"up"}
OF_GKE = {
    "backup_last_bytes",
    "backup_last_success_timestamp_seconds",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
}
"""What backups report (components/backups/upload.sh) and what kubelet exports."""


def read(*names: str) -> list[dict[str, Any]]:
    files = [RULES.with_name(name) for name in names]
    return [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]


def rules() -> list[dict[str, Any]]:
    files = read("alerts.yml", "alerts_gke.yml")
    return [rule for content in files for group in content["groups"] for rule in group["rules"]]


@pytest.fixture(scope="module")
def exported() -> set[str]:
    """Return the names of all samples that the services export."""
    for package in (shopkit, authentication, gateway, orders, products):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    names: set[str] = set()
    for metric in REGISTRY.collect():
        names |= {metric.name} | {sample.name for sample in metric.samples}
        names |= {f"{metric.name}_{part}" for part in ("bucket", "count", "sum", "total")}
    return names


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_uses_metrics_that_exist(rule: dict[str, Any], exported: set[str]) -> None:
    # Strings, durations and the labels of `by (...)` are no metrics.
    expression = re.sub(r'"[^"]*"|\[\d+[smh]\]|\bby \([^)]*\)|\{[^}]*\}', " ", rule["expr"])
    words = set(re.findall(r"\b[a-z_][a-z0-9_]+\b", expression)) - {"and", "or", "unless", "le"}
    metrics = words - FUNCTIONS
    assert metrics
    assert metrics <= exported | OF_PROMETHEUS | OF_GKE


def test_a_service_that_vanishes_is_noticed() -> None:
    [rule] = [rule for rule in rules() if rule["alert"] == "ServiceMissing"]
    services = {service.__name__ + "-ms" for service in (authentication, gateway, orders, products)}
    assert (
        set(re.findall(r'absent\(up\{job="services", instance=~"([\w-]+)\.\*"', rule["expr"]))
        == services
    )
    assert set(re.findall(r'"service", "([\w-]+)"', rule["expr"])) == services


def test_an_idle_service_does_not_report_that_the_broker_is_down() -> None:
    code = (
        "import prometheus_client, shopkit.messaging.relay\n"
        "print(prometheus_client.REGISTRY.get_sample_value('broker_up'))"
    )
    fresh = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert fresh.stdout == "nan\n"


def test_a_rule_names_security_events_that_exist() -> None:
    named = set(re.findall(r'security_events_total\{event="([^"]+)"\}', RULES.read_text()))
    assert named == {"password-refused", "throttled", "refresh-reused", "identity-refused"}
    assert named <= set(SecurityEvent)


def test_the_runbook_of_each_alert_exists() -> None:
    for rule in rules():
        page, anchor = rule["annotations"]["runbook_url"].split("#")
        headings = re.findall(r"^## (.+)$", (REPOSITORY / page).read_text(), re.MULTILINE)
        assert anchor in {heading.lower().replace(" ", "-") for heading in headings}
        # Each alert has its own section.
        assert anchor == rule["alert"].lower()


def test_each_alert_is_tested_and_injected() -> None:
    alerts = {rule["alert"] for rule in rules()}
    files = read("alerts_test.yml", "alerts_gke_test.yml")
    tests = [test for content in files for test in content["tests"]]
    for test in tests:
        quiet, firing = test["alert_rule_test"]
        assert quiet["alertname"] == firing["alertname"] == test["name"]
        assert "exp_alerts" not in quiet
        assert firing["exp_alerts"]
    assert {test["name"] for test in tests} == alerts
    injected = [alert for alerts in FAULTS.values() for alert in alerts]
    assert sorted([*injected, *NOT_INJECTED]) == sorted(alerts)


def test_the_manual_explains_each_security_event() -> None:
    text = INCIDENTS.read_text(encoding="utf-8")
    assert all(f"`{event}`" in text for event in SecurityEvent)
