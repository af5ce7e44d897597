"""Each topic has exactly the writers and readers that the contract names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from shopkit.contract import access, events
from shopkit.contract.events import EVENTS

REPOSITORY = Path(__file__).resolve().parents[2]
FILE = REPOSITORY / "infrastructure" / "kubernetes" / "base" / "kafka" / "access.txt"
REGENERATE = f"stale; run: python -m shopkit.contract.access > {FILE.relative_to(REPOSITORY)}"

Rule = tuple[str, str, str]


def applied() -> set[Rule]:
    """Return the service, the verb and the topic of each rule in the file."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    rules = [line.split() for line in lines if not line.startswith("#")]
    return {(service, verb, topic) for service, verb, *topics in rules for topic in topics}


def calls(service: str) -> Iterator[ast.Call]:
    """Yield all calls in the code of a service."""
    for file in (REPOSITORY / service / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield node


def name_of(called: ast.expr) -> str:
    """Return the name of a function, a method or a variable."""
    return getattr(called, "attr", getattr(called, "id", ""))


class TestAccess:
    def test_the_file_is_generated_from_the_contract(self) -> None:
        assert FILE.read_text(encoding="utf-8") == access.to_text(), REGENERATE

    def test_matches_the_published_operations(self) -> None:
        # Given
        text = (REPOSITORY / "docs" / "asyncapi.yaml").read_text(encoding="utf-8")
        verbs = {"send": "writes", "receive": "reads"}
        # When
        published = {
            (name.split(".")[0], verbs[operation["action"]], operation["channel"]["$ref"][11:])
            for name, operation in yaml.safe_load(text)["operations"].items()
        }
        # Then
        assert applied() == published

    @pytest.mark.parametrize("service", ["products-ms", "orders-ms"])
    def test_matches_what_the_code_consumes_and_creates(self, service: str) -> None:
        # Given
        topics = {event_type.__name__: event_type.topic for event_type in EVENTS}
        # When
        found = list(calls(service))
        consumed = {name_of(call.args[0]) for call in found if name_of(call.func) == "add_consumer"}
        # A delivery is applied in the same process.
        applied_here = {call.args[0] for call in found if name_of(call.func) == "Delivery"}
        created = {name_of(call.func) for call in found if call not in applied_here}
        used = {(service, "reads", getattr(events, name)) for name in consumed}
        used |= {(service, "writes", topics[name]) for name in created if name in topics}
        # Then
        assert {rule for rule in applied() if rule[0] == service} == used

    def test_only_products_ms_writes_the_outcomes_of_orders(self) -> None:
        topic = "shop.order-status"
        assert {rule for rule in applied() if rule[2] == topic} == {
            ("products-ms", "writes", topic),
            ("orders-ms", "reads", topic),
        }
