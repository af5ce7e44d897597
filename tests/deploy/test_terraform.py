"""Terraform's files: their form, and every argument against the provider's schema.

Proves that resources, blocks and arguments are known to the provider at the version that is pinned,
that what is required is given, and that references lead somewhere. Can't prove that Google accepts
their values.
"""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.deploy.compose import REPOSITORY
from tests.deploy.manifests import TOOLS

FOLDER = REPOSITORY / "infrastructure" / "terraform"
SCHEMA = REPOSITORY / ".local" / "deploy" / "google" / "package" / "lib"
# Terraform's own, in any resource.
META = {"for_each", "count", "lifecycle", "depends_on", "provider", "timeouts"}
INTERFACE = re.compile(r"^export interface (\w+)[^{]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
PROPERTY = re.compile(r"#(\w+) [^\n]*\n(?:[^\n]*\*[^\n]*\n)*?\s*readonly (\w+)(\??): ([^;]+);")

Schema = dict[str, tuple[bool, str]]


@cache
def interfaces(resource: str) -> dict[str, Schema]:
    """Return what the generated code says of a resource's blocks: argument, if required, type."""
    folder = resource.removeprefix("google_").replace("_", "-")
    file = SCHEMA / folder / "index.d.ts"
    assert file.exists(), f"the provider has no {resource}"
    # Long resources have their blocks in a file beside it.
    text = "\n".join(each.read_text(encoding="utf-8") for each in sorted(file.parent.rglob("*.ts")))
    return {
        name: {snake: (not optional, kind) for snake, _, optional, kind in PROPERTY.findall(body)}
        for name, body in INTERFACE.findall(text)
    }


def top_interface(resource: str) -> str:
    return "".join(map(str.title, resource.removeprefix("google_").split("_"))) + "Config"


def check(place: str, known: dict[str, Schema], interface: str, given: dict[str, Any]) -> None:
    """Compare a block, and the blocks in it, with what the provider knows."""
    schema = known[interface]
    given = {name: value for name, value in given.items() if not name.startswith("__")}
    dynamic = {
        name: content
        for one in given.pop("dynamic", [])
        for name, block in one.items()
        for content in block["content"]
    }
    named = (set(given) | {name.strip('"') for name in dynamic}) - META
    assert named <= set(schema), f"{place}: no such argument: {named - set(schema)}"
    required = {name for name, (needed, _) in schema.items() if needed}
    assert required <= named, f"{place}: missing: {required - named}"
    for name, value in given.items():
        if name in META:
            continue
        block = re.match(r"(\w+)(\[\])?", schema[name][1])
        if block and block[1] in known:
            for each in value if isinstance(value, list) else [value]:
                assert isinstance(each, dict), f"{place}.{name} is a block"
                check(f"{place}.{name}", known, block[1], each)


@pytest.fixture(scope="module")
def files() -> list[dict[str, Any]]:
    def parsed(file: Path) -> dict[str, Any]:
        done = subprocess.run(
            [str(TOOLS / "hcl2tojson"), str(file)], capture_output=True, text=True, check=True
        )
        loaded: dict[str, Any] = json.loads(done.stdout)
        return loaded

    return [parsed(file) for file in sorted(FOLDER.glob("*.tf"))]


def resources(files: list[dict[str, Any]]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (kind.strip('"'), name.strip('"'), body)
        for file in files
        for one in file.get("resource", [])
        for kind, named in one.items()
        for name, body in named.items()
    ]


class TestForm:
    def test_it_names_no_project_and_holds_no_key(self) -> None:
        for file in FOLDER.glob("*.tf"):
            text = file.read_text(encoding="utf-8")
            assert "PRIVATE KEY" not in text
            assert not re.search(r'project\s*=\s*"', text)


class TestSchema:
    def test_the_version_is_the_one_that_the_schema_is_of(self) -> None:
        text = (SCHEMA / "container-cluster" / "index.d.ts").read_text(encoding="utf-8")
        [version] = set(re.findall(r"hashicorp/google/(\d+\.\d+)\.\d+/", text))
        assert f'version = "~> {version}"' in (FOLDER / "versions.tf").read_text(encoding="utf-8")

    def test_every_argument_is_known_and_what_is_required_is_there(
        self, files: list[dict[str, Any]]
    ) -> None:
        found = resources(files)
        assert len(found) > 15
        for kind, name, body in found:
            check(f"{kind}.{name}", interfaces(kind), top_interface(kind), body)

    def test_the_check_sees_a_wrong_argument(self) -> None:
        kind = "google_container_cluster"
        body = {"name": "n", "workload_identity_config": [{"pool": "p"}]}
        with pytest.raises(AssertionError, match="no such argument"):
            check(kind, interfaces(kind), top_interface(kind), body)

    def test_references_lead_somewhere(self, files: list[dict[str, Any]]) -> None:
        text = "\n".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.tf"))
        there = {(kind, name) for kind, name, _ in resources(files)}
        for kind, name in re.findall(r"(?<!data\.)\b(google_\w+)\.(\w+)\b", text):
            assert (kind, name) in there, f"{kind}.{name}"
        variables = set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE))
        assert variables == set(re.findall(r"\bvar\.(\w+)", text))


class TestVariables:
    def test_each_says_what_it_is_and_of_what_type(self) -> None:
        text = (FOLDER / "variables.tf").read_text(encoding="utf-8")
        bodies = re.findall(r'^variable "\w+" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)
        assert all("description" in body and re.search(r"\btype\b", body) for body in bodies)
