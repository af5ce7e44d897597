"""Shortens the alert rules, so that a test need not wait for hours."""

import re
from typing import Any

FOR = "1s"
RANGE = "[10s]"
AGE_SECONDS = 3


def shortened(rules: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a file of rules with short times. The metrics stay the same."""
    return {"groups": [_shorten_group(group) for group in rules["groups"]]}


def _shorten_group(group: dict[str, Any]) -> dict[str, Any]:
    return {**group, "rules": [_shorten(rule) for rule in group["rules"]]}


def _shorten(rule: dict[str, Any]) -> dict[str, Any]:
    expression = re.sub(r"\[\d+[smh]\]", RANGE, rule["expr"])
    # The limits of gauges that are ages.
    expression = re.sub(r"(_seconds\)? >) \d+", rf"\1 {AGE_SECONDS}", expression)
    return {**rule, "expr": expression, **({"for": FOR} if "for" in rule else {})}
