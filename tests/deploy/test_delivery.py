"""Which component delivers what, and when: infrastructure/kubernetes/deploy and the pipeline.

The tests run the script with a kubectl that only builds manifests and records what it is asked.
"""

import os
import re
import runpy
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.deploy.compose import REPOSITORY
from tests.deploy.manifests import KUBERNETES, OVERLAYS, TOOLS, Overlay, build_overlay, containers

DEPLOY = KUBERNETES / "deploy"
UNCHANGED = 3
KUBECTL = """#!/bin/sh
case $1 in
    kustomize) exec "$REAL_KUBECTL" "$@" ;;
    get) cat "$ANSWERS/get" 2> /dev/null ;;
    apply) sed -n "s/^.*image: //p" "$3" > "$ANSWERS/images" ;;
    rollout) [ ! -e "$ANSWERS/$2-fails" ] || exit 1 ;;
esac
[ "$1" = get ] || echo "$@" | sed "s#--filename [^ ]*#--filename FILE#" >> "$ANSWERS/calls"
"""


@pytest.fixture(scope="module")
def components() -> dict[str, Any]:
    content: dict[str, Any] = runpy.run_path(str(DEPLOY))
    return content


@pytest.fixture
def jobs() -> list[tuple[str, dict[str, Any]]]:
    text = (REPOSITORY / ".circleci" / "config.yml").read_text(encoding="utf-8")
    entries = yaml.safe_load(text)["workflows"]["deliver"]["jobs"]
    return [
        next(iter(entry.items()))
        for entry in entries
        if isinstance(entry, dict) and {"deliver", "promote"} & set(entry)
    ]


class Cluster:
    """A kubectl whose answers are files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "kubectl"
        program.write_text(KUBECTL)
        program.chmod(0o755)

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "REAL_KUBECTL": str(TOOLS / "kubectl"),
            "ANSWERS": str(self.folder),
        }
        return subprocess.run(
            [str(DEPLOY), *arguments],
            env={**environment, **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def answer(self, text: str) -> None:
        (self.folder / "get").write_text(text)

    def calls(self) -> list[str]:
        calls = (self.folder / "calls").read_text().splitlines()
        return [call for call in calls if not call.startswith("kustomize")]


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


class TestComponents:
    def test_no_two_jobs_write_one_workload(
        self, components: dict[str, Any], jobs: list[tuple[str, dict[str, Any]]]
    ) -> None:
        table = components["COMPONENTS"]
        for kind in ("deliver", "promote"):
            delivered = [options["component"] for job, options in jobs if job == kind]
            assert sorted(delivered) == sorted(table)
        for one, other in combinations(table.values(), 2):
            assert not set(one.names) & set(other.names)
            assert not set(one.images) & set(other.images)

    def test_a_job_builds_the_images_of_its_component(
        self, components: dict[str, Any], jobs: list[tuple[str, dict[str, Any]]]
    ) -> None:
        for _, options in jobs:
            built = tuple(options.get("images", "").split())
            assert built == components["COMPONENTS"][options["component"]].images

    @pytest.mark.parametrize("name", OVERLAYS)
    def test_every_resource_belongs_to_a_component(
        self, components: dict[str, Any], name: str
    ) -> None:
        table = components["COMPONENTS"].values()
        known = {label for component in table for label in (*component.names, *component.shared)}
        overlay = build_overlay(name)
        for document in overlay.documents:
            assert document["metadata"]["labels"]["app.kubernetes.io/name"] in known

    def test_a_component_with_an_image_runs_only_its_own(self, components: dict[str, Any]) -> None:
        overlay: Overlay = build_overlay("gke")
        for component in components["COMPONENTS"].values():
            own = {
                container["image"].partition(":")[0].removeprefix("kiosk/")
                for _, template in overlay.workloads()
                if template["metadata"]["labels"]["app.kubernetes.io/name"] in component.names
                for container in containers(template)
                if container["image"].startswith("kiosk/")
            }
            assert own == set(component.images)

    def test_the_sources_of_an_image_are_what_its_dockerfile_copies(
        self, components: dict[str, Any]
    ) -> None:
        for image in components["IMAGES"]:
            text = (REPOSITORY / image / "Dockerfile.prod").read_text(encoding="utf-8")
            lines = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
            copied = {path for line in lines for path in line.split()}
            sources = components["sources"](image)
            missing = {
                path
                for path in copied
                if not any(path == known or path.startswith(f"{known}/") for known in sources)
            }
            assert missing == set(), image


class TestChanges:
    def test_what_runs_is_compared_with_this_commit(
        self, cluster: Cluster, components: dict[str, Any]
    ) -> None:
        # Given
        component = components["COMPONENTS"]["orders-ms"]
        for answer, code in (("", 0), ("of-another-commit", 0)):
            cluster.answer(answer)
            assert cluster.run("--changed", "minikube", "orders-ms").returncode == code
        # When
        cluster.answer(components["fingerprint"]("minikube", component))
        # Then
        completed = cluster.run("--changed", "minikube", "orders-ms")
        assert (completed.returncode, completed.stdout) == (UNCHANGED, "orders-ms: runs already\n")

    def test_a_cluster_that_does_not_answer_is_no_reason_to_deliver_nothing(
        self, cluster: Cluster
    ) -> None:
        (cluster.folder / "kubectl").write_text("#!/bin/sh\nexit 1\n")
        completed = cluster.run("--changed", "minikube", "orders-ms")
        assert completed.returncode not in {0, UNCHANGED}

    @pytest.mark.parametrize(
        ("file", "old", "new", "changed"),
        [
            ("base/services/orders-ms.yaml", "cpu: 250m", "cpu: 251m", {"orders-ms"}),
            ("base/network/policies.yaml", "port: 53", "port: 54", {"entry"}),
            ("base/databases/start.sh", "umask 077", "umask 007", {"databases"}),
            (
                "overlays/gke/kustomization.yaml",
                "value: premium-rwo",
                "value: standard-rwo",
                {"databases", "kafka"},
            ),
            ("overlays/gke/policies.yaml", "timeoutSec: 3600", "timeoutSec: 3601", {"entry"}),
        ],
    )
    def test_a_change_of_a_manifest_concerns_the_components_that_it_changes(
        self, tmp_path: Path, file: str, old: str, new: str, changed: set[str]
    ) -> None:
        # Given
        copy = tmp_path / "infrastructure" / "kubernetes"
        shutil.copytree(KUBERNETES, copy)
        before = _fingerprints(copy)
        # When
        text = (copy / file).read_text(encoding="utf-8")
        assert old in text
        (copy / file).write_text(text.replace(old, new), encoding="utf-8")
        # Then
        after = _fingerprints(copy)
        assert {name for name in after if after[name] != before[name]} == changed

    def test_the_tag_of_an_image_depends_on_its_sources(self, cluster: Cluster) -> None:
        tags = {image: cluster.run("--tag", image).stdout for image in ("orders-ms", "frontend")}
        assert all(re.fullmatch(r"[0-9a-f]{40}\n", tag) for tag in tags.values())
        assert len(set(tags.values())) == 2


def _fingerprints(folder: Path) -> dict[str, str]:
    """Return the digests of the manifests of each component of a copy."""
    script = runpy.run_path(str(folder / "deploy"))
    names = script["fingerprint"].__globals__
    names["find_tag"] = lambda _image: ""
    names["kubectl"] = lambda *arguments: (
        subprocess.run(
            [str(TOOLS / "kubectl"), *arguments], capture_output=True, text=True, check=True
        ).stdout
    )
    return {
        name: script["fingerprint"]("gke", component)
        for name, component in script["COMPONENTS"].items()
    }


class TestDeploy:
    def test_a_component_keeps_the_images_that_run_and_remembers_its_sources(
        self, cluster: Cluster
    ) -> None:
        # Given
        cluster.answer("registry/gateway-ms@sha256:1\nregistry/orders-ms:old\n")
        # When
        completed = cluster.run(
            "minikube", "r1", "orders-ms=registry/orders-ms:new", "--", "orders-ms"
        )
        # Then
        assert completed.returncode == 0, completed.stderr
        applied, *waited, annotated = cluster.calls()
        selector = "network,secrets,certificates"
        assert "app.kubernetes.io/name in (" in applied
        assert selector in applied
        assert "orders-ms,orders-migrate)" in applied
        assert waited
        assert annotated.startswith("annotate deployment/orders-ms kiosk/sources=")
        images = set((cluster.folder / "images").read_text().split())
        assert {"registry/gateway-ms@sha256:1", "registry/orders-ms:new"} <= images
        assert "registry/orders-ms:old" not in images

    def test_a_release_that_does_not_come_up_is_rolled_back_and_not_remembered(
        self, cluster: Cluster
    ) -> None:
        # Given
        cluster.answer("deployment.apps/orders-ms\n")
        (cluster.folder / "status-fails").touch()
        # When
        completed = cluster.run("minikube", "r1", "--", "orders-ms")
        # Then
        assert completed.returncode == 1
        assert cluster.calls()[-1] == "rollout undo deployment.apps/orders-ms --namespace kiosk"
        assert not [call for call in cluster.calls() if call.startswith("annotate")]

    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("minikube",),
            ("nowhere", "r1"),
            ("minikube", "r1", "unknown=1"),
            ("minikube", "r1", "--", "unknown"),
            ("minikube", "R_1"),
        ],
    )
    def test_a_wrong_command_changes_nothing(
        self, cluster: Cluster, arguments: tuple[str, ...]
    ) -> None:
        assert cluster.run(*arguments).returncode == 2
        assert not (cluster.folder / "calls").exists()

    def test_gke_needs_its_settings(self, cluster: Cluster) -> None:
        completed = cluster.run("gke", "r1", PRINT="1", SHOP_HOST="", PROJECT_ID="p")
        assert completed.returncode == 2
        assert "has to be set" in completed.stderr


class TestPortability:
    OPERATORS = ("make_secrets", "minikube")
    # Of bash 4, GNU's tools and OpenSSL 3. macOS has bash 3.2, BSD's tools and LibreSSL.
    MISSING_ON_MACOS = (
        r"\bmapfile\b|\breadarray\b|declare -A|local -A|\$\{\w+(\^\^|,,)\}|\bcoproc\b|wait -n",
        r"sed -i\b|sed .*\\\?|grep -P|date -d|readlink -f|\| base64 |sha256sum|\btac\b",
        r"openssl .*-quiet|openssl genpkey .*-quiet",
    )

    @pytest.mark.parametrize("script", OPERATORS)
    def test_an_operators_script_needs_nothing_that_macos_lacks(self, script: str) -> None:
        text = (KUBERNETES / script).read_text(encoding="utf-8")
        code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        for pattern in self.MISSING_ON_MACOS:
            assert re.findall(pattern, code) == []

    def test_deploy_needs_only_python(self) -> None:
        assert DEPLOY.read_text(encoding="utf-8").startswith("#!/usr/bin/env python3\n")
