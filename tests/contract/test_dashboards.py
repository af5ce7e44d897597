"""The dashboards of Grafana, compared with the module that describes them."""

import re

import pytest
from infrastructure.observability.dashboards import DASHBOARDS, FOLDER, Dashboard, render

MONGODB_EXPORTER = {
    "mongodb_ss_opcounters",
    "mongodb_ss_connections",
    "mongodb_ss_mem_resident",
    "mongodb_rs_members_health",
}
"""Names by the rule of percona/mongodb_exporter: the path of a value in the answer of serverStatus
(`ss`) or replSetGetStatus (`rs`). It does not run natively, so that no test sees its metrics."""


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_the_file_is_rendered(dashboard: Dashboard) -> None:
    file = FOLDER / f"{dashboard.uid}.json"
    message = "run `python infrastructure/observability/dashboards.py`"
    assert file.read_text(encoding="utf-8") == render(dashboard), message


def test_there_are_no_other_files() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == {board.uid for board in DASHBOARDS}


def test_panels_of_databases_use_known_names() -> None:
    panels = [panel for board in DASHBOARDS for panel in board.panels]
    queries = " ".join(
        query for panel in panels if panel.exporter == "mongodb" for query in panel.queries
    )
    assert set(re.findall(r"\bmongodb_\w+", queries)) == MONGODB_EXPORTER
