import json
from pathlib import Path

import pytest
import yaml

from stack import monitoring
from stack.errors import StackError
from stack.programs import all_programs
from stack.settings import Settings
from stack.state import State


@pytest.fixture
def observed(state: State) -> Settings:
    return Settings(state=state.folder, observability=True)


class TestProgram:
    def test_runs_only_on_request(self, settings: Settings, observed: Settings) -> None:
        assert "prometheus" not in all_programs(settings)
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
        [job] = configuration["scrape_configs"]
        assert job == {"job_name": "services", "file_sd_configs": [{"files": ["targets.json"]}]}
        committed = yaml.safe_load((monitoring.SOURCE / "prometheus.yml").read_text())
        assert configuration["global"] == committed["global"]
        targets = json.loads((folder / "targets.json").read_text())
        ports = {item["labels"]["instance"]: item["targets"] for item in targets}
        # The names are those of the targets in compose, which the rules use.
        [services] = committed["scrape_configs"]
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
