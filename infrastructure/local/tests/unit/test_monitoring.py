import json
from pathlib import Path

import pytest
import yaml

from stack import monitoring
from stack.errors import StackError
from stack.programs import all_programs
from stack.settings import Settings, load_settings
from stack.state import State


@pytest.fixture
def observed(state: State) -> Settings:
    return Settings(state=state.folder, observability=True)


class TestTargets:
    def test_are_the_members_of_kafka_and_the_exporter_of_nginx(self, state: State) -> None:
        settings = load_settings({"STATE": str(state.folder), "MEMBERS": "3", "PORTS": "free"})
        targets = monitoring.targets(settings)
        assert [item["labels"]["instance"] for item in targets["kafka"]] == [
            "kafka",
            "kafka-2",
            "kafka-3",
        ]
        assert targets["kafka"][2]["targets"] == [f"127.0.0.1:{settings.ports['kafka-metrics-3']}"]
        assert targets["nginx"][0]["targets"] == [f"127.0.0.1:{settings.ports['nginx-metrics']}"]


class TestProgram:
    def test_runs_only_on_request(self, settings: Settings, observed: Settings) -> None:
        quiet = all_programs(settings)
        assert not {"prometheus", "nginx-exporter"} & set(quiet)
        assert not any("-javaagent" in part for part in quiet["kafka"].command)
        program = all_programs(observed)["prometheus"]
        assert program.ports == ("prometheus",)
        assert program.ready_path == "/-/ready"
        assert "--web.listen-address=127.0.0.1:9090" in program.command


class TestPrepare:
    def test_writes_the_committed_rules_and_the_ports_of_this_stack(
        self, state: State, observed: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        monkeypatch.setenv("PROMETHEUS", __file__)
        # When
        monitoring.prepare(state, observed)
        # Then
        folder = state.folder / "prometheus"
        rules = (monitoring.SOURCE / "alerts.yml").read_text()
        assert (folder / "alerts.yml").read_text() == rules
        configuration = yaml.safe_load((folder / "prometheus.yml").read_text())
        assert configuration["rule_files"] == ["alerts.yml"]
        jobs = {
            item["job_name"]: item["file_sd_configs"] for item in configuration["scrape_configs"]
        }
        assert jobs == {
            name: [{"files": [f"{name}.json"]}] for name in ("services", "kafka", "nginx")
        }
        committed = yaml.safe_load((monitoring.SOURCE / "prometheus.yml").read_text())
        assert configuration["global"] == committed["global"]
        targets = json.loads((folder / "services.json").read_text())
        ports = {item["labels"]["instance"]: item["targets"] for item in targets}
        # The names are those of the targets in compose, which the rules use.
        services = committed["scrape_configs"][0]
        [committed_targets] = services["static_configs"]
        assert ports.keys() == set(committed_targets["targets"])
        assert ports["orders-ms:9000"] == ["127.0.0.1:9003"]

    def test_says_how_to_install_prometheus(
        self, state: State, observed: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PROMETHEUS", "/nonexistent/prometheus")
        with pytest.raises(StackError, match="Run `make prometheus`"):
            monitoring.prepare(state, observed)
        assert not Path(state.folder / "prometheus").exists()
