"""What may deliver, and what may run: CircleCI's trust, its role in the cluster, and signatures.

The tests prove that the files agree with each other. They cannot prove that Google and CircleCI
behave as their documentation says.
"""

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.deploy.compose import REPOSITORY
from tests.deploy.manifests import KUBERNETES, TOOLS, Manifest, build_overlay, containers
from tests.deploy.test_static import KUBERNETES_VERSION
from tests.deploy.test_terraform import FOLDER

PIPELINE = REPOSITORY / ".circleci" / "config.yml"
APPLY = {"get", "create", "patch"}
WAIT = {"get", "list", "watch"}
MANUAL = REPOSITORY / "docs" / "operations" / "gke-first-deployment.md"


def terraform(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def block(text: str, kind: str, name: str) -> str:
    """Return the body of a resource."""
    pattern = rf'^resource "{kind}" "{name}" \{{\n(.*?)^\}}'
    found = re.search(pattern, text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no {kind}.{name}"
    return found[1]


def plural(kind: str) -> str:
    name = kind.lower()
    if name == "rules":
        return name
    return f"{name[:-1]}ies" if name.endswith("cy") else f"{name}s"


@pytest.fixture
def pipeline() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))
    return config


class TestTrust:
    @pytest.mark.parametrize(
        "condition",
        [
            "attribute.project == '${var.delivery.project}'",
            "assertion['oidc.circleci.com/vcs-ref'] == 'refs/heads/main'",
            "'${var.delivery.context}' in assertion['oidc.circleci.com/context-ids']",
            "assertion['oidc.circleci.com/ssh-rerun'] == false",
        ],
    )
    def test_a_run_must_meet_every_condition(self, condition: str) -> None:
        provider = block(
            terraform("accounts.tf"), "google_iam_workload_identity_pool_provider", "circleci"
        )
        pattern = r'attribute_condition = join\(" && ", \[\n(.*?)\]\)'
        conditions = re.search(pattern, provider, re.DOTALL)
        assert conditions
        assert f'"{condition}",' in conditions[1]

    def test_the_subject_fits_into_googles_limit(self) -> None:
        """The claim `sub` has three UUIDs, the repository and the branch. 127 bytes fit."""
        assert '"google.subject"    = "assertion[\'oidc.circleci.com/project-id\']"' in terraform(
            "accounts.tf"
        )

    def test_every_job_that_signs_in_has_the_context_of_its_environment(
        self, pipeline: dict[str, Any]
    ) -> None:
        contexts = {"deliver": ["kiosk-staging"], "promote": ["kiosk-production"]}
        for entry in pipeline["workflows"]["deliver"]["jobs"]:
            if isinstance(entry, dict):
                [(job, options)] = entry.items()
                assert options.get("context", []) == contexts.get(job, [])
                assert options["filters"] == {"branches": {"only": "main"}}


class TestRole:
    @pytest.fixture
    def documents(self) -> list[Manifest]:
        text = (KUBERNETES / "delivery.yaml").read_text(encoding="utf-8")
        return list(yaml.safe_load_all(text))

    def test_the_file_matches_the_schema(self) -> None:
        command = [str(TOOLS / "kubernetes-validate"), "--strict", "-k", KUBERNETES_VERSION]
        subprocess.run([*command, str(KUBERNETES / "delivery.yaml")], check=True)

    @pytest.fixture
    def verbs(self, documents: list[Manifest]) -> dict[tuple[str, str], set[str]]:
        """Return the verbs of each resource, by its group and name."""
        return {
            (group, resource): set(rule["verbs"])
            for document in documents
            if document["kind"] in {"Role", "ClusterRole"}
            for rule in document["rules"]
            for group in rule["apiGroups"]
            for resource in rule["resources"]
        }

    def test_the_pipeline_can_apply_what_a_release_consists_of(
        self, verbs: dict[tuple[str, str], set[str]]
    ) -> None:
        for manifest in build_overlay("gke").documents:
            if manifest["kind"] in {"Namespace", "PriorityClass"}:
                continue
            group = manifest["apiVersion"].rpartition("/")[0]
            assert verbs[group, plural(manifest["kind"])] >= APPLY, manifest["kind"]

    def test_the_pipeline_can_wait_and_roll_back(
        self, verbs: dict[tuple[str, str], set[str]]
    ) -> None:
        for workload in ("deployments", "statefulsets"):
            assert verbs["apps", workload] >= APPLY | WAIT
        for history in ("controllerrevisions", "replicasets"):
            assert verbs["apps", history] == {"get", "list"}

    def test_the_pipeline_can_neither_read_secrets_nor_delete_or_extend_its_rights(
        self, verbs: dict[tuple[str, str], set[str]]
    ) -> None:
        assert set().union(*verbs.values()) <= APPLY | WAIT
        groups, resources = zip(*verbs, strict=True)
        assert not {"*", "rbac.authorization.k8s.io"} & set(groups)
        assert not {"*", "secrets", "pods", "pods/exec"} & set(resources)

    def test_the_role_is_limited_to_the_namespace(self, documents: list[Manifest]) -> None:
        [cluster] = [document for document in documents if document["kind"] == "ClusterRole"]
        assert [(rule["resources"], rule["resourceNames"]) for rule in cluster["rules"]] == [
            (["namespaces"], ["kiosk"]),
            (["priorityclasses"], ["kiosk-service", "kiosk-state"]),
        ]
        assert all(rule["verbs"] == ["get", "patch"] for rule in cluster["rules"])
        for document in documents:
            if document["kind"] in {"Role", "RoleBinding"}:
                assert document["metadata"]["namespace"] == "kiosk"

    def test_no_role_of_the_project_lets_the_pipeline_change_clusters(self) -> None:
        accounts = terraform("accounts.tf")
        delivery = block(accounts, "google_project_iam_member", "delivery")
        assert "role    = google_project_iam_custom_role.delivery.id" in delivery
        role = block(accounts, "google_project_iam_custom_role", "delivery")
        allowed = re.findall(r'"(container\.[\w.]+)"', role)
        assert allowed == ["container.clusters.connect", "container.clusters.get"]
        assert "roles/container.developer" not in accounts


class TestSignatures:
    def test_a_pushed_image_is_signed_before_it_is_deployed(self, pipeline: dict[str, Any]) -> None:
        for job in ("deliver", "promote"):
            [*_, signed, deployed] = pipeline["jobs"][job]["steps"]
            assert signed["when"]["steps"][-1] == "push-and-sign"
            assert deployed == "deploy-component"
        [step] = pipeline["commands"]["push-and-sign"]["steps"]
        command = re.sub(r" \\\n +", " ", step["run"]["command"])
        assert command.index("docker push") < command.index("attestations sign-and-create")
        assert '--project="$PROJECT_ID"' in command
        assert '--artifact-url="$image" --attestor="$ATTESTOR"' in command
        assert '--keyversion="$ATTESTOR_KEY" --validate' in command

    def test_the_image_of_this_registry_is_signed_and_deployed(
        self, pipeline: dict[str, Any], tmp_path: Path
    ) -> None:
        """A promoted image has two digests, and Docker may list that of staging first."""
        # Given
        docker = tmp_path / "docker"
        docker.write_text(
            "#!/bin/sh\n"
            "echo docker $@ >&2\n"
            "echo staging/orders-ms@sha256:1\necho shop/orders-ms@sha256:1\n"
            "echo staging/frontend@sha256:2\necho shop/frontend@sha256:2\n"
        )
        gcloud = tmp_path / "gcloud"
        # The image of the web shop is signed already.
        gcloud.write_text(
            '#!/bin/sh\ncase "$*" in *list*frontend*) echo signature ;; '
            '*list*) ;; *) echo "$@" ;; esac'
        )
        docker.chmod(0o700)
        gcloud.chmod(0o700)
        variables = {"REGISTRY": "shop", "IMAGES": "orders-ms frontend", "PROJECT_ID": "p"}
        environment = {
            **variables,
            **dict.fromkeys(("CIRCLE_SHA1", "ATTESTOR", "ATTESTOR_KEY"), "x"),
            "BASH_ENV": str(tmp_path / "env"),
            "PATH": f"{tmp_path}:/usr/bin:/bin",
        }
        (tmp_path / "env").touch()
        [step] = pipeline["commands"]["push-and-sign"]["steps"]
        # When
        signed = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", step["run"]["command"]],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        # Then
        assert "--artifact-url=shop/orders-ms@sha256:1 " in signed.stdout
        assert "--artifact-url=shop/frontend" not in signed.stdout
        exported = subprocess.run(
            ["bash", "-c", f"source {tmp_path}/env; echo $REFERENCES"],
            capture_output=True,
            text=True,
            check=True,
        )
        references = "orders-ms=shop/orders-ms@sha256:1 frontend=shop/frontend@sha256:2\n"
        assert exported.stdout == references
        [deployed] = pipeline["commands"]["deploy-component"]["steps"]
        assert '${REFERENCES-} -- "$COMPONENT"' in deployed["run"]["command"]

    def test_the_clean_up_can_delete_images(self) -> None:
        """Artifact Registry deletes no image with an immutable tag."""
        registry = terraform("registry.tf")
        assert re.search(r'action = "DELETE"', registry)
        assert "immutable_tags = true" not in registry

    def test_the_cluster_enforces_the_policy(self) -> None:
        assert 'evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"' in terraform("cluster.tf")
        policy = block(terraform("signatures.tf"), "google_binary_authorization_policy", "shop")
        assert re.search(r'evaluation_mode += "REQUIRE_ATTESTATION"', policy)
        assert re.search(r'enforcement_mode += "ENFORCED_BLOCK_AND_AUDIT_LOG"', policy)
        assert re.search(
            r"require_attestations_by = "
            r"\[google_binary_authorization_attestor\.pipeline\.name\]",
            policy,
        )

    def test_exactly_the_images_of_others_need_no_signature(self) -> None:
        policy = block(terraform("signatures.tf"), "google_binary_authorization_policy", "shop")
        patterns = set(re.findall(r'"((?:docker\.io|ghcr\.io|quay\.io)/[^"]+)"', policy))
        controllers = {
            "ghcr.io/external-secrets/external-secrets:*",
            "quay.io/jetstack/*",
        }
        images = {
            container["image"]
            for _, template in build_overlay("gke").workloads()
            for container in containers(template)
        }
        used = set()
        for image in images:
            matching = {pattern for pattern in patterns if fnmatch(_full_name(image), pattern)}
            assert bool(matching) is not image.startswith("kiosk/"), image
            used |= matching
        assert used | controllers == patterns

    def test_the_manual_enables_the_services_that_the_files_use(self) -> None:
        [enabled] = re.findall(r"gcloud services enable \{(.+)\}\.googleapis", MANUAL.read_text())
        assert {"binaryauthorization", "cloudkms", "containeranalysis"} <= set(enabled.split(","))

    def test_each_output_for_circleci_is_in_its_table(self) -> None:
        for name in ("delivery_account", "delivery_provider", "attestor", "attestor_key"):
            assert f'output "{name}"' in terraform("outputs.tf")
            assert f"`{name.upper()}`" in MANUAL.read_text(encoding="utf-8")


class TestBillsOfMaterials:
    def test_each_delivered_image_has_one(self, pipeline: dict[str, Any]) -> None:
        steps = yaml.safe_dump(pipeline["jobs"]["deliver"])
        assert "--format cyclonedx" in steps
        assert "store_artifacts" in steps


def _full_name(image: str) -> str:
    """Return an image with its registry."""
    first, _, rest = image.partition("/")
    if not rest:
        return f"docker.io/library/{image}"
    return image if "." in first else f"docker.io/{image}"
