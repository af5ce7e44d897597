"""Linters and schemas for every file of the deployment.

The tests prove that each file is valid by its schema and that linters find nothing. They cannot
prove that the deployment works.
"""

import re
import runpy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tests.deploy.compose import REPOSITORY
from tests.deploy.manifests import COMPONENTS, KUBERNETES, OVERLAYS, TOOLS, build

from authentication.services.keys import KeyRing
from shopkit.clock import utc_now
from shopkit.proofs import InvalidProofError, ProofSigner, ProofVerifier
from stack import proxy, tools

CHECKOV = REPOSITORY / ".local" / "deploy" / "checkov" / "bin" / "checkov"
DOCKERFILES = sorted(REPOSITORY.glob("*/Dockerfile*"))
COMPOSE_FILES = ("docker-compose.yml", "docker-compose.prod.yml")
KUBERNETES_VERSION = "1.37"
PIN_DIGESTS = REPOSITORY / "infrastructure" / "supply_chain" / "pin_digests.py"
CHECK_KERNEL = REPOSITORY / "infrastructure" / "compose" / "check_kernel.sh"
EXACT_IMAGE = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?")
DATABASES = ("authentication-db", "products-db", "orders-db")
BROKERS = ("kafka-1", "kafka-2", "kafka-3")
NO_NETWORK = {"frontend", "secrets", "data-owners"}
REACHABLE = {
    "nginx_proxy": {"gateway-ms"},
    "gateway-ms": {"nginx_proxy", "authentication-ms", "products-ms", "orders-ms"},
    "authentication-ms": {"authentication-db", "gateway-ms", "products-ms", "orders-ms"},
    "products-ms": {"products-db", "gateway-ms", "authentication-ms", "orders-ms", *BROKERS},
    "orders-ms": {"orders-db", "gateway-ms", "authentication-ms", "products-ms", *BROKERS},
    "authentication-db": {"authentication-ms"},
    "products-db": {"products-ms"},
    "orders-db": {"orders-ms"},
}
"""The running containers of the production file that each one can reach."""
# CKV_K8S_15, CKV_K8S_43: `deploy` sets the digests and the pull policy.
# CKV_K8S_40: MongoDB, Kafka and nginx run as the users of their official images.
SKIPPED_BY_CHECKOV = "CKV_K8S_15,CKV_K8S_40,CKV_K8S_43"
# host_spoofing: $host lacks the port, which is needed; no service trusts the header.
# try_files_is_evil_too: there are few files, and a cache would serve old ones.
SKIPPED_BY_GIXY = "host_spoofing,try_files_is_evil_too"
CUSTOM_RESOURCES = re.compile(
    r"gateway\.networking|cert-manager\.io|external-secrets\.io|networking\.gke|keda\.sh|monitoring\.googleapis"
)


def run(*command: str | Path, folder: Path = REPOSITORY) -> str:
    """Run a tool and return its output.

    Raises:
        AssertionError: The tool failed.
    """
    completed = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, f"{completed.stdout}\n{completed.stderr}"
    return completed.stdout


class TestImages:
    @pytest.mark.parametrize(
        "file", DOCKERFILES, ids=lambda file: str(file.relative_to(REPOSITORY))
    )
    def test_a_dockerfile_passes_hadolint(self, file: Path) -> None:
        run(TOOLS / "hadolint", file)

    @pytest.mark.parametrize(
        "file", DOCKERFILES, ids=lambda file: str(file.relative_to(REPOSITORY))
    )
    def test_a_dockerfile_sets_a_numeric_user_and_loads_no_syntax(self, file: Path) -> None:
        text = file.read_text(encoding="utf-8")
        assert re.findall(r"^USER (.*)$", text, re.MULTILINE)[-1].split(":")[0].isdigit()
        assert "syntax=" not in text
        assert "alpine" not in text
        assert "HEALTHCHECK" in text

    def test_each_part_has_a_dockerfile_for_development_and_production(self) -> None:
        services = ("gateway-ms", "authentication-ms", "products-ms", "orders-ms")
        assert set(DOCKERFILES) == {
            REPOSITORY / part / name
            for part in (*services, "frontend", "nginx_proxy")
            for name in ("Dockerfile", "Dockerfile.prod")
        }


def _version(image: str) -> str:
    [version] = re.findall(r":v?(\d+\.\d+\.\d+)\b", image)
    return str(version)


class TestVersions:
    @pytest.fixture
    def images(self) -> set[str]:
        script = runpy.run_path(str(PIN_DIGESTS))
        texts = [path.read_text(encoding="utf-8") for path in script["find_files"]()]
        return {image for text in texts for image in script["find_images"](text)}

    def test_an_image_has_an_exact_version(self, images: set[str]) -> None:
        floating = {image for image in images if not EXACT_IMAGE.fullmatch(image)}
        assert floating == set()
        assert len(images) > 10

    def test_an_image_has_the_same_version_everywhere(self, images: set[str]) -> None:
        versions: dict[str, set[str]] = {}
        for image in images:
            versions.setdefault(image.partition(":")[0], set()).add(_version(image))
        assert [name for name, found in versions.items() if len(found) > 1] == []

    def test_mongodb_refuses_kernels_on_which_it_would_crash(self, images: set[str]) -> None:
        [image] = [image for image in images if image.startswith("mongo:")]
        assert tuple(map(int, _version(image).split("."))) >= (8, 0, 30)

    def test_digests_are_appended_to_tags(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Given
        docker = tmp_path / "docker"
        docker.write_text(
            "#!/bin/sh\nfor image; do :; done\n"
            "case $image in mongo:*) echo sha256:1 ;; *) exit 1 ;; esac\n"
        )
        docker.chmod(0o755)
        file = tmp_path / "compose.yml"
        lines = ("image: mongo:8.0.30@sha256:0", "image: nginx:1.30.5", "image: kiosk/orders-ms:1")
        file.write_text("\n".join(lines))
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        script = runpy.run_path(str(PIN_DIGESTS))
        main = script["main"]
        main.__globals__["find_files"] = lambda: [file]
        # When
        code = main()
        # Then
        assert code == 1
        pinned = ("image: mongo:8.0.30@sha256:1", *lines[1:])
        assert file.read_text().split("\n") == list(pinned)
        assert capsys.readouterr().err == "nginx:1.30.5: no registry has said its digest\n"


class TestKernel:
    @pytest.mark.parametrize(
        ("release", "code"),
        [
            ("6.18.44-generic", 0),
            ("6.19.0", 1),
            ("7.0.0-14-generic", 1),
            ("7.0.4+deb13-amd64", 1),
            ("7.0.13", 1),
            ("7.0.14", 0),
            ("7.1.0-rc1", 0),
        ],
    )
    def test_compose_fails_on_a_kernel_on_which_mongodb_does_not_run(
        self, release: str, code: int, tmp_path: Path
    ) -> None:
        # Given
        uname = tmp_path / "uname"
        uname.write_text(f"#!/bin/sh\necho {release}\n")
        uname.chmod(0o755)
        # When
        checked = subprocess.run(
            ["sh", str(CHECK_KERNEL)],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        # Then
        assert checked.returncode == code
        assert (f"This machine has Linux {release}." in checked.stderr) is bool(code)

    @pytest.mark.parametrize("file", COMPOSE_FILES)
    def test_a_database_starts_after_the_check(self, file: str) -> None:
        services = yaml.safe_load((REPOSITORY / file).read_text(encoding="utf-8"))["services"]
        [script] = services["data-owners"]["command"]
        assert script.splitlines()[0] == "sh /check_kernel.sh"
        for name in DATABASES:
            condition = services[name]["depends_on"]["data-owners"]["condition"]
            assert condition == "service_completed_successfully"


class TestCompose:
    def test_compose_files_match_the_schema(self) -> None:
        schema = ("--builtin-schema", "vendor.compose-spec")
        run(TOOLS / "check-jsonschema", *schema, *COMPOSE_FILES)

    @pytest.mark.parametrize("file", COMPOSE_FILES)
    def test_a_service_depends_on_existing_services(self, file: str) -> None:
        services = yaml.safe_load((REPOSITORY / file).read_text(encoding="utf-8"))["services"]
        for name, service in services.items():
            assert set(service.get("depends_on", {})) <= set(services), name

    def test_production_mounts_no_source_and_limits_every_service(self) -> None:
        text = (REPOSITORY / "docker-compose.prod.yml").read_text(encoding="utf-8")
        for name, service in yaml.safe_load(text)["services"].items():
            assert "limits" in service["deploy"]["resources"], name
            for volume in service.get("volumes", []):
                assert not str(volume).startswith("."), name


class TestProductionNetworks:
    @pytest.fixture
    def production(self) -> dict[str, Any]:
        text = (REPOSITORY / "docker-compose.prod.yml").read_text(encoding="utf-8")
        content: dict[str, Any] = yaml.safe_load(text)
        return content

    @pytest.mark.parametrize("name", REACHABLE)
    def test_a_container_reaches_only_what_it_needs(
        self, production: dict[str, Any], name: str
    ) -> None:
        services = production["services"]
        own = set(services[name]["networks"])
        reachable = {other for other in services if own & set(services[other].get("networks", []))}
        running = {*REACHABLE, *BROKERS}
        assert reachable & running - {name} == REACHABLE[name]

    def test_every_other_container_has_no_network_or_a_named_one(
        self, production: dict[str, Any]
    ) -> None:
        for name, service in production["services"].items():
            if name in NO_NETWORK:
                assert service["network_mode"] == "none", name
            else:
                assert service["networks"], name

    def test_servers_cannot_reach_the_internet(self, production: dict[str, Any]) -> None:
        for name in (*DATABASES, *BROKERS):
            for network in production["services"][name]["networks"]:
                assert production["networks"][network] == {"internal": True}, name

    def test_each_server_has_a_user_of_its_own_which_owns_its_data(
        self, production: dict[str, Any]
    ) -> None:
        # Given
        services = production["services"]
        users = {name: services[name]["user"] for name in (*DATABASES, *BROKERS)}
        # Then
        assert len(set(users.values())) == len(users)
        [script] = services["data-owners"]["command"]
        assert script.splitlines()[1:] == [
            f"chown -R {user} /{name}" for name, user in users.items()
        ]
        others = {"0", "999", "1000", "10001", "10002", "10003", "10004", "101"}
        assert not others & {user.split(":")[0] for user in users.values()}

    def test_only_jobs_can_read_the_passwords_of_migrations(
        self, production: dict[str, Any]
    ) -> None:
        readers = {
            name
            for name, content in production["services"].items()
            if any(
                str(volume).startswith("migration-secrets:")
                for volume in content.get("volumes", [])
            )
        }
        jobs = {"authentication-migrate", "products-migrate", "orders-migrate"}
        assert readers == {"secrets", *jobs}
        for job in jobs:
            url = production["services"][job]["environment"]["MONGO_URL_FILE"]
            assert url == f"/secrets/migration/{job.removesuffix('-migrate')}/mongo-url"


class TestCompressors:
    def test_every_mongod_starts_without_zlib(self) -> None:
        text = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
        services = yaml.safe_load(text)["services"]
        for name in DATABASES:
            command = services[name]["command"]
            assert command[command.index("--networkMessageCompressors") + 1] == "snappy,zstd", name
        script = (KUBERNETES / "base" / "databases" / "start.sh").read_text(encoding="utf-8")
        assert "--networkMessageCompressors snappy,zstd" in script
        production = yaml.safe_load((REPOSITORY / "docker-compose.prod.yml").read_text("utf-8"))
        for name in DATABASES:
            assert production["services"][name]["command"] == ["bash", "/start.sh"], name


MakeSecrets = Callable[..., None]


class TestMakeSecrets:
    @pytest.fixture
    def make_secrets(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MakeSecrets:
        """Runs the script without a change of owners, which needs root."""
        monkeypatch.setattr("os.chown", lambda *_arguments: None)
        script = str(REPOSITORY / "infrastructure" / "compose" / "make_secrets.py")

        def make_secrets(*step: str) -> None:
            monkeypatch.setattr("sys.argv", [script, str(tmp_path), *step])
            runpy.run_path(script, run_name="__main__")

        return make_secrets

    def test_rotates_the_signing_key_in_steps(
        self, make_secrets: MakeSecrets, tmp_path: Path
    ) -> None:
        # Given
        signing = tmp_path / "authentication" / "signing-key"
        previous = tmp_path / "authentication" / "previous-key"
        make_secrets()
        first = signing.read_text()
        assert not previous.exists()
        # When
        make_secrets("publish-next-key")
        # Then
        second = previous.read_text()
        assert signing.read_text() == first
        assert KeyRing.from_pem(second, first).kid != KeyRing.from_pem(first, None).kid
        # When
        make_secrets("swap-keys")
        # Then
        assert (signing.read_text(), previous.read_text()) == (second, first)
        assert [oct(key.stat().st_mode & 0o777) for key in (signing, previous)] == ["0o400"] * 2
        # When
        make_secrets("forget-previous-key")
        # Then
        assert signing.read_text() == second
        assert not previous.exists()

    def test_rotates_the_keys_of_proofs_in_steps(
        self, make_secrets: MakeSecrets, tmp_path: Path
    ) -> None:
        def prove(issuer: str) -> str:
            key = (tmp_path / issuer.removesuffix("-ms") / "proof-key").read_text()
            return ProofSigner(issuer, key).prove_service("products-ms")

        def verifier() -> ProofVerifier:
            issuers = ("gateway", "orders")
            keys = {f"{name}-ms": (tmp_path / "public-keys" / name).read_text() for name in issuers}
            return ProofVerifier("products-ms", keys)

        def verify(proofs: dict[str, str]) -> None:
            services = verifier()
            for issuer, proof in proofs.items():
                services.verify_service(proof, issuer, utc_now)

        # Given
        issuers = ("gateway-ms", "orders-ms")
        make_secrets()
        old = {issuer: prove(issuer) for issuer in issuers}
        verify(old)
        # When
        make_secrets("publish-next-proof-keys")
        # Then
        verify(old)
        # When
        make_secrets("swap-proof-keys")
        # Then
        new = {issuer: prove(issuer) for issuer in issuers}
        verify(old)
        verify(new)
        # When
        make_secrets("forget-previous-proof-keys")
        # Then
        verify(new)
        for issuer, proof in old.items():
            with pytest.raises(InvalidProofError):
                verifier().verify_service(proof, issuer, utc_now)
        mode = (tmp_path / "gateway" / "proof-key").stat().st_mode & 0o777
        assert oct(mode) == "0o400"

    def test_keeps_existing_secrets(self, make_secrets: MakeSecrets, tmp_path: Path) -> None:
        def read_secrets() -> dict[Path, str]:
            return {file: file.read_text() for file in tmp_path.rglob("*") if file.is_file()}

        # Given
        make_secrets()
        before = read_secrets()
        # When
        make_secrets()
        # Then
        assert read_secrets() == before
        assert len(before) == 36

    def test_signs_a_certificate_for_each_server(
        self, make_secrets: MakeSecrets, tmp_path: Path
    ) -> None:
        # When
        make_secrets()
        # Then
        authority = x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes())
        for name in (*DATABASES, *BROKERS):
            pem = (tmp_path / name / "server.pem").read_bytes()
            certificate = x509.load_pem_x509_certificate(pem)
            certificate.verify_directly_issued_by(authority)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            assert names.value.get_values_for_type(x509.DNSName) == [name, "localhost"]
            subject = "kafka" if name in BROKERS else name
            assert certificate.subject.rfc4514_string() == f"CN={subject}"
            assert load_pem_private_key(pem, None).public_key() == certificate.public_key()


class TestManifests:
    @pytest.mark.parametrize("overlay", OVERLAYS)
    def test_an_overlay_matches_the_schema(self, overlay: str, tmp_path: Path) -> None:
        # test_cluster.py validates custom resources on a control plane.
        documents = build(KUBERNETES / "overlays" / overlay).split("\n---\n")
        standard = [
            document
            for document in documents
            if not CUSTOM_RESOURCES.search(document.split("kind:")[0])
        ]
        file = tmp_path / "standard.yaml"
        file.write_text("\n---\n".join(standard), encoding="utf-8")
        run(TOOLS / "kubernetes-validate", "--strict", "-k", KUBERNETES_VERSION, file)

    @pytest.mark.parametrize("overlay", OVERLAYS)
    def test_an_overlay_passes_checkov(self, overlay: str, tmp_path: Path) -> None:
        file = tmp_path / "all.yaml"
        file.write_text(build(KUBERNETES / "overlays" / overlay), encoding="utf-8")
        options = ("--quiet", "--compact", "--framework", "kubernetes")
        skipped = ("--skip-check", SKIPPED_BY_CHECKOV)
        run(CHECKOV, *options, *skipped, "--file", file, folder=tmp_path)

    @pytest.mark.parametrize("component", COMPONENTS)
    def test_each_component_can_be_added_to_the_base(self, component: str) -> None:
        folder = KUBERNETES / "overlays" / "trial"
        folder.mkdir()
        try:
            (folder / "kustomization.yaml").write_text(
                "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
                f"resources: [../../base]\ncomponents: [../../components/{component}]\n"
            )
            text = build(folder)
        finally:
            (folder / "kustomization.yaml").unlink(missing_ok=True)
            folder.rmdir()
            build.cache_clear()
        kinds = [document["kind"] for document in yaml.safe_load_all(text)]
        assert ("Gateway" in kinds) == (component != "ingress")
        assert kinds.count("HorizontalPodAutoscaler") == (2 if component == "keda" else 4)


class TestMinikube:
    def test_it_has_the_engine_that_builds_the_images(self) -> None:
        script = (KUBERNETES / "minikube").read_text(encoding="utf-8")
        assert "docker-env" in script
        assert re.search(r"minikube start .*--container-runtime=docker$", script, re.MULTILINE)


class TestScripts:
    def test_scripts_pass_shellcheck(self) -> None:
        names = run("git", "ls-files", "infrastructure", "tests/deploy").split()
        scripts = [
            name
            for name in names
            if (REPOSITORY / name).is_file()
            and (REPOSITORY / name).read_bytes().startswith((b"#!/usr/bin/env bash", b"#!/bin/sh"))
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

    def test_nginx_accepts_the_configuration(self, rendered: Path) -> None:
        run(tools.nginx(), "-p", f"{rendered}/", "-c", "nginx.conf", "-t")

    def test_the_configuration_passes_gixy(self, rendered: Path) -> None:
        run(TOOLS / "gixy", "-ll", "--skips", SKIPPED_BY_GIXY, rendered / "nginx.conf")


class TestDelivery:
    @pytest.fixture
    def config(self) -> dict[str, Any]:
        text = (REPOSITORY / ".circleci" / "config.yml").read_text(encoding="utf-8")
        config: dict[str, Any] = yaml.safe_load(text)
        return config

    def test_the_pipeline_matches_the_schema(self) -> None:
        schema = ("--builtin-schema", "vendor.circle-ci")
        run(TOOLS / "check-jsonschema", *schema, ".circleci/config.yml")

    def test_a_step_uses_existing_commands_and_parameters(self, config: dict[str, Any]) -> None:
        text = yaml.safe_dump(config)
        for name in re.findall(r"<< pipeline\.parameters\.(\w+) >>", text):
            assert name in config["parameters"]
        for definition in (*config["jobs"].values(), *config["commands"].values()):
            used = set(re.findall(r"<< parameters\.([\w-]+) >>", yaml.safe_dump(definition)))
            assert used == set(definition.get("parameters", {}))
            for name, arguments in _flatten_steps(definition["steps"]):
                if name in config["commands"]:
                    _check_arguments(config["commands"][name], arguments)
        for job in config["jobs"].values():
            assert job["executor"] in config["executors"]
        assert not config.get("orbs"), "these tests do not know the commands of orbs"

    def test_the_workflow_uses_existing_jobs_and_parameters(self, config: dict[str, Any]) -> None:
        built_in = {"name", "requires", "filters", "context", "type"}
        names: set[str] = set()
        for entry in config["workflows"]["deliver"]["jobs"]:
            job, options = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
            assert set(options.get("requires", [])) <= names, "a job follows those it requires"
            names.add(options.get("name", job))
            if options.get("type") == "approval":
                continue
            arguments = {name: options[name] for name in set(options) - built_in}
            _check_arguments(config["jobs"][job], arguments)

    def test_production_needs_an_approval_and_nothing_is_deleted(
        self, config: dict[str, Any]
    ) -> None:
        for entry in config["workflows"]["deliver"]["jobs"]:
            if isinstance(entry, dict) and "promote" in entry:
                assert entry["promote"]["requires"] == ["approve-staging"]
        for file in (".circleci/config.yml", "infrastructure/kubernetes/deploy"):
            assert "kubectl delete" not in (REPOSITORY / file).read_text(encoding="utf-8")


def _flatten_steps(steps: list[Any]) -> list[tuple[str, Any]]:
    """Return the names and arguments of steps, including conditional ones."""
    flat: list[tuple[str, Any]] = []
    for step in steps:
        name, arguments = (step, {}) if isinstance(step, str) else next(iter(step.items()))
        conditional = name in {"when", "unless"}
        flat += _flatten_steps(arguments["steps"]) if conditional else [(name, arguments)]
    return flat


def _check_arguments(definition: dict[str, Any], arguments: dict[str, Any]) -> None:
    parameters = definition.get("parameters", {})
    assert set(arguments) <= set(parameters)
    required = {name for name, parameter in parameters.items() if "default" not in parameter}
    assert required <= set(arguments)
