"""What tools and schemas say of everything that is deployed, without running it.

Proves that each file is well formed, keeps to its schema and to what linters know. Can't prove that
it works.
"""

import re
import runpy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.deploy.compose import REPOSITORY
from tests.deploy.manifests import COMPONENTS, KUBERNETES, OVERLAYS, TOOLS, built

from authentication.services.keys import KeyRing
from stack import proxy, tools

CHECKOV = REPOSITORY / ".local" / "deploy" / "checkov" / "bin" / "checkov"
DOCKERFILES = sorted(REPOSITORY.glob("*/Dockerfile*"))
COMPOSE_FILES = ("docker-compose.yml", "docker-compose.prod.yml")
KUBERNETES_VERSION = "1.37"
# CKV_K8S_15, 43: digests and with them the right policy of pulling come at deployment, by `deploy`.
# CKV_K8S_40: MongoDB, Kafka and nginx have the users of their official images.
NOT_HERE = "CKV_K8S_15,CKV_K8S_40,CKV_K8S_43"
# host_spoofing: the port is wanted too, which $host lacks; no service takes the header's word for
# anything. try_files_is_evil_too: a handful of files, and a cache of them would show old ones.
NOT_FOR_THIS_PROXY = "host_spoofing,try_files_is_evil_too"
CUSTOM = re.compile(
    r"gateway\.networking|cert-manager\.io|external-secrets\.io|networking\.gke|keda\.sh"
)


def run(*command: str | Path, folder: Path = REPOSITORY) -> str:
    """Run a tool.

    Raises:
        AssertionError: It found something.
    """
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


class TestImages:
    @pytest.mark.parametrize(
        "file", DOCKERFILES, ids=lambda file: str(file.relative_to(REPOSITORY))
    )
    def test_hadolint_finds_nothing(self, file: Path) -> None:
        run(TOOLS / "hadolint", file)

    @pytest.mark.parametrize(
        "file", DOCKERFILES, ids=lambda file: str(file.relative_to(REPOSITORY))
    )
    def test_it_ends_as_a_user_by_number_and_asks_no_registry_for_its_syntax(
        self, file: Path
    ) -> None:
        text = file.read_text(encoding="utf-8")
        assert re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1].split(":")[0].isdigit()
        assert "syntax=" not in text
        assert "alpine" not in text
        assert "HEALTHCHECK" in text

    def test_there_is_one_of_each_kind_for_each_part(self) -> None:
        parts = ("gateway-ms", "authentication-ms", "products-ms", "orders-ms")
        wanted = {
            REPOSITORY / part / name
            for part in (*parts, "frontend", "nginx_proxy")
            for name in ("Dockerfile", "Dockerfile.prod")
        }
        assert set(DOCKERFILES) == wanted


class TestCompose:
    def test_the_files_keep_to_the_schema(self) -> None:
        schema = ("--builtin-schema", "vendor.compose-spec")
        run(TOOLS / "check-jsonschema", *schema, *COMPOSE_FILES)

    @pytest.mark.parametrize("file", COMPOSE_FILES)
    def test_what_a_service_waits_for_is_there(self, file: str) -> None:
        services = yaml.safe_load((REPOSITORY / file).read_text(encoding="utf-8"))["services"]
        for name, service in services.items():
            assert set(service.get("depends_on", {})) <= set(services), name

    def test_production_mounts_no_source_and_limits_everything(self) -> None:
        text = (REPOSITORY / "docker-compose.prod.yml").read_text(encoding="utf-8")
        for name, service in yaml.safe_load(text)["services"].items():
            assert "limits" in service["deploy"]["resources"], name
            for volume in service.get("volumes", []):
                assert not str(volume).startswith("."), name


class TestSecretsOfCompose:
    @pytest.fixture
    def make(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
        """Runs the script; files stay this user's, as only root may give them away."""
        monkeypatch.setattr("os.chown", lambda *_given: None)
        script = str(REPOSITORY / "infrastructure" / "compose" / "make_secrets.py")

        def make(*change: str) -> None:
            monkeypatch.setattr("sys.argv", [script, str(tmp_path), *change])
            runpy.run_path(script, run_name="__main__")

        return make

    def test_the_signing_key_changes_by_steps(
        self, make: Callable[..., None], tmp_path: Path
    ) -> None:
        signing, previous = (
            tmp_path / "authentication" / f"{n}-key" for n in ("signing", "previous")
        )
        # Given
        make()
        first = signing.read_text()
        assert not previous.exists()
        # When / Then
        make("publish-next-key")
        second = previous.read_text()
        assert signing.read_text() == first
        assert KeyRing.from_pem(second, first).kid != KeyRing.from_pem(first, None).kid
        make("swap-keys")
        assert (signing.read_text(), previous.read_text()) == (second, first)
        assert [oct(each.stat().st_mode & 0o777) for each in (signing, previous)] == ["0o400"] * 2
        make("forget-previous-key")
        assert signing.read_text() == second
        assert not previous.exists()

    def test_what_exists_stays(self, make: Callable[..., None], tmp_path: Path) -> None:
        def made() -> dict[Path, str]:
            return {file: file.read_text() for file in tmp_path.rglob("*") if file.is_file()}

        make()
        before = made()
        make()
        assert made() == before
        assert len(before) == 14


class TestManifests:
    @pytest.mark.parametrize("overlay", OVERLAYS)
    def test_they_keep_to_the_schema(self, overlay: str, tmp_path: Path) -> None:
        # Kinds that are no part of Kubernetes are checked on a real control plane.
        documents = built(KUBERNETES / "overlays" / overlay).split("\n---\n")
        file = tmp_path / "own.yaml"
        own = [each for each in documents if not CUSTOM.search(each.split("kind:")[0])]
        file.write_text("\n---\n".join(own), encoding="utf-8")
        run(TOOLS / "kubernetes-validate", "--strict", "-k", KUBERNETES_VERSION, file)

    @pytest.mark.parametrize("overlay", OVERLAYS)
    def test_checkov_finds_nothing(self, overlay: str, tmp_path: Path) -> None:
        file = tmp_path / "all.yaml"
        file.write_text(built(KUBERNETES / "overlays" / overlay), encoding="utf-8")
        options = ("--quiet", "--compact", "--framework", "kubernetes", "--skip-check", NOT_HERE)
        run(CHECKOV, *options, "--file", file, folder=tmp_path)

    @pytest.mark.parametrize("component", COMPONENTS)
    def test_a_component_fits_the_base(self, component: str, tmp_path: Path) -> None:
        folder = KUBERNETES / "overlays" / "trial"
        folder.mkdir()
        try:
            (folder / "kustomization.yaml").write_text(
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
                f"resources: [../../base]\ncomponents: [../../components/{component}]\n"
            )
            text = built(folder)
        finally:
            (folder / "kustomization.yaml").unlink(missing_ok=True)
            folder.rmdir()
            built.cache_clear()
        kinds = [each["kind"] for each in yaml.safe_load_all(text)]
        assert ("Gateway" in kinds) == (component != "ingress")
        assert kinds.count("HorizontalPodAutoscaler") == (2 if component == "keda" else 4)


class TestScripts:
    def test_shellcheck_finds_nothing(self) -> None:
        listed = run("git", "ls-files", "infrastructure", "tests/deploy").split()
        scripts = [
            name
            for name in listed
            if (REPOSITORY / name).is_file()
            and (REPOSITORY / name).read_bytes().startswith(b"#!/usr/bin/env bash")
        ]
        assert scripts
        run(TOOLS / "shellcheck", *scripts)


class TestProxy:
    @pytest.fixture(params=["development", "production"])
    def rendered(self, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
        values = {
            "SHOP_LISTEN": "8080",
            "GATEWAY_UPSTREAM": "127.0.0.1:8000",
            "FRONTEND_UPSTREAM": "127.0.0.1:5173",
            "FRONTEND_ROOT": "/usr/share/nginx/html",
            "CSP_NONCE": "nonce",
            **proxy.trusted_proxies("10.0.0.0/8,2001:db8::1"),
            "NGINX_LOCAL_RESOLVERS": "127.0.0.1",
        }
        source = REPOSITORY / "nginx_proxy"
        (tmp_path / "nginx.conf").write_text((source / "nginx.conf").read_text(encoding="utf-8"))
        for folder in (source / "templates", source / request.param):
            for template in folder.rglob("*.template"):
                file = tmp_path / "conf.d" / template.relative_to(folder).with_suffix("")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(proxy.render(template.read_text(encoding="utf-8"), values))
        return tmp_path

    def test_nginx_takes_the_configuration(self, rendered: Path) -> None:
        run(tools.nginx(), "-p", f"{rendered}/", "-c", "nginx.conf", "-t")

    def test_gixy_finds_nothing_that_matters(self, rendered: Path) -> None:
        run(TOOLS / "gixy", "-ll", "--skips", NOT_FOR_THIS_PROXY, rendered / "nginx.conf")


class TestDelivery:
    @pytest.fixture
    def config(self) -> dict[str, Any]:
        text = (REPOSITORY / ".circleci" / "config.yml").read_text(encoding="utf-8")
        loaded: dict[str, Any] = yaml.safe_load(text)
        return loaded

    def test_it_keeps_to_the_schema(self) -> None:
        schema = ("--builtin-schema", "vendor.circle-ci")
        run(TOOLS / "check-jsonschema", *schema, ".circleci/config.yml")

    def test_jobs_commands_and_parameters_are_there(self, config: dict[str, Any]) -> None:
        text = yaml.safe_dump(config)
        for name in re.findall(r"<< pipeline\.parameters\.(\w+) >>", text):
            assert name in config["parameters"]
        for holder in (*config["jobs"].values(), *config["commands"].values()):
            used = set(re.findall(r"<< parameters\.([\w-]+) >>", yaml.safe_dump(holder)))
            assert used == set(holder.get("parameters", {}))
            for name, given in _steps(holder["steps"]):
                if name in config["commands"]:
                    _fits(config["commands"][name], given)
        for job in config["jobs"].values():
            assert job["executor"] in config["executors"]
        assert not config.get("orbs"), "nothing here checks what an orb has"

    def test_the_workflow_names_jobs_and_their_parameters(self, config: dict[str, Any]) -> None:
        own = {"name", "requires", "filters", "context", "type"}
        names: set[str] = set()
        for entry in config["workflows"]["deliver"]["jobs"]:
            job, given = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
            assert set(given.get("requires", [])) <= names, "each comes after what it requires"
            names.add(given.get("name", job))
            if given.get("type") == "approval":
                continue
            _fits(config["jobs"][job], {key: given[key] for key in set(given) - own})
            for path in str(given.get("paths", "")).split():
                assert (REPOSITORY / path).exists(), path

    def test_production_needs_a_person_and_nothing_is_deleted(self, config: dict[str, Any]) -> None:
        for entry in config["workflows"]["deliver"]["jobs"]:
            if isinstance(entry, dict) and "promote" in entry:
                assert entry["promote"]["requires"] == ["looked-at-staging"]
        for file in (".circleci/config.yml", "infrastructure/kubernetes/deploy"):
            assert "kubectl delete" not in (REPOSITORY / file).read_text(encoding="utf-8")


def _steps(steps: list[Any]) -> list[tuple[str, Any]]:
    """Return the names of steps with what they are given, those under a condition too."""
    found: list[tuple[str, Any]] = []
    for step in steps:
        name, given = (step, {}) if isinstance(step, str) else next(iter(step.items()))
        found += _steps(given["steps"]) if name in {"when", "unless"} else [(name, given)]
    return found


def _fits(holder: dict[str, Any], given: dict[str, Any]) -> None:
    parameters = holder.get("parameters", {})
    assert set(given) <= set(parameters)
    required = {name for name, what in parameters.items() if "default" not in what}
    assert required <= set(given)
