"""Terraform's files: their content, and every argument against the provider's schema.

The tests prove that the pinned version of the provider knows every resource, block and argument,
that required arguments are present, and that references have a target. They cannot prove that
Google accepts the values.
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
# Terraform allows these in any resource.
META_ARGUMENTS = {"for_each", "count", "lifecycle", "depends_on", "provider", "timeouts"}
INTERFACE = re.compile(r"^export interface (\w+)[^{]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
PROPERTY = re.compile(r"#(\w+) [^\n]*\n(?:[^\n]*\*[^\n]*\n)*?\s*readonly (\w+)(\??): ([^;]+);")

Schema = dict[str, tuple[bool, str]]
"""Whether each argument of a block is required, and its type."""


@cache
def read_interfaces(resource: str) -> dict[str, Schema]:
    """Return the schema of each block of a resource, from the generated code."""
    folder = resource.removeprefix("google_").replace("_", "-")
    file = SCHEMA / folder / "index.d.ts"
    assert file.exists(), f"the provider has no {resource}"
    # The blocks of a long resource are in further files.
    files = sorted(file.parent.rglob("*.ts"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return {
        name: {snake: (not optional, kind) for snake, _, optional, kind in PROPERTY.findall(body)}
        for name, body in INTERFACE.findall(text)
    }


def top_interface(resource: str) -> str:
    return "".join(map(str.title, resource.removeprefix("google_").split("_"))) + "Config"


def check(place: str, interfaces: dict[str, Schema], interface: str, block: dict[str, Any]) -> None:
    """Compare a block, and the blocks in it, with the provider's schema.

    Args:
        place: Where the block is, for messages.
        interfaces: The schema of each interface.
        interface: The interface of the block.
        block: The arguments of the block.
    """
    schema = interfaces[interface]
    arguments = {name: value for name, value in block.items() if not name.startswith("__")}
    dynamic = {name.strip('"') for blocks in arguments.pop("dynamic", []) for name in blocks}
    names = (set(arguments) | dynamic) - META_ARGUMENTS
    assert names <= set(schema), f"{place}: no such argument: {names - set(schema)}"
    required = {name for name, (is_required, _) in schema.items() if is_required}
    assert required <= names, f"{place}: missing: {required - names}"
    for name, value in arguments.items():
        if name in META_ARGUMENTS:
            continue
        kind = re.match(r"(\w+)(\[\])?", schema[name][1])
        if kind and kind[1] in interfaces:
            for inner in value if isinstance(value, list) else [value]:
                assert isinstance(inner, dict), f"{place}.{name} is a block"
                check(f"{place}.{name}", interfaces, kind[1], inner)


@pytest.fixture(scope="module")
def files() -> list[dict[str, Any]]:
    def parse(file: Path) -> dict[str, Any]:
        parser = subprocess.run(
            [str(TOOLS / "hcl2tojson"), str(file)], capture_output=True, text=True, check=True
        )
        content: dict[str, Any] = json.loads(parser.stdout)
        return content

    return [parse(file) for file in sorted(FOLDER.glob("*.tf"))]


def find_resources(files: list[dict[str, Any]]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the type, the name and the arguments of each resource."""
    return [
        (kind.strip('"'), name.strip('"'), body)
        for file in files
        for resource in file.get("resource", [])
        for kind, by_name in resource.items()
        for name, body in by_name.items()
    ]


class TestFiles:
    def test_no_file_contains_a_project_or_a_key(self) -> None:
        for file in FOLDER.glob("*.tf"):
            text = file.read_text(encoding="utf-8")
            assert "PRIVATE KEY" not in text
            assert not re.search(r'project\s*=\s*"', text)


class TestSchema:
    def test_the_schema_has_the_pinned_version(self) -> None:
        text = (SCHEMA / "container-cluster" / "index.d.ts").read_text(encoding="utf-8")
        [version] = set(re.findall(r"hashicorp/google/(\d+\.\d+)\.\d+/", text))
        assert f'version = "~> {version}"' in (FOLDER / "versions.tf").read_text(encoding="utf-8")

    def test_every_argument_is_known_and_none_is_missing(self, files: list[dict[str, Any]]) -> None:
        resources = find_resources(files)
        assert len(resources) > 15
        for kind, name, body in resources:
            check(f"{kind}.{name}", read_interfaces(kind), top_interface(kind), body)

    def test_the_check_refuses_an_unknown_argument(self) -> None:
        kind = "google_container_cluster"
        body = {"name": "n", "workload_identity_config": [{"pool": "p"}]}
        with pytest.raises(AssertionError, match="no such argument"):
            check(kind, read_interfaces(kind), top_interface(kind), body)


class TestReferences:
    def test_every_reference_has_a_target(self, files: list[dict[str, Any]]) -> None:
        text = "\n".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.tf"))
        targets = {(kind, name) for kind, name, _ in find_resources(files)}
        for kind, name in re.findall(r"(?<!data\.)\b(google_\w+)\.(\w+)\b", text):
            assert (kind, name) in targets, f"{kind}.{name}"
        variables = set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE))
        assert variables == set(re.findall(r"\bvar\.(\w+)", text))


class TestVariables:
    def test_every_variable_has_a_description_and_a_type(self) -> None:
        text = (FOLDER / "variables.tf").read_text(encoding="utf-8")
        bodies = re.findall(r'^variable "\w+" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)
        assert all("description" in body and re.search(r"\btype\b", body) for body in bodies)


class TestControlPlane:
    @pytest.fixture
    def cluster(self, files: list[dict[str, Any]]) -> dict[str, Any]:
        [body] = [
            body for kind, _, body in find_resources(files) if kind == "google_container_cluster"
        ]
        return body

    def test_runs_without_a_fixed_address_reach_it_by_its_dns_name(
        self, cluster: dict[str, Any]
    ) -> None:
        [endpoints] = cluster["control_plane_endpoints_config"]
        [endpoint] = endpoints["dns_endpoint_config"]
        assert endpoint["allow_external_traffic"] is True
        pipeline = (REPOSITORY / ".circleci" / "config.yml").read_text(encoding="utf-8")
        [sign_in] = re.findall(r"get-credentials .*", pipeline)
        assert sign_in.endswith(" --dns-endpoint")

    def test_no_value_is_used_that_google_has_withdrawn(self, cluster: dict[str, Any]) -> None:
        """Google ended VULNERABILITY_BASIC in 2025."""
        [posture] = cluster["security_posture_config"]
        assert posture["mode"] == '"BASIC"'
        assert "vulnerability_mode" not in posture
