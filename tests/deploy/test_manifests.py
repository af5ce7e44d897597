"""What no schema knows: that the manifests' parts fit each other and the services.

Proves that names, labels, ports, paths and settings agree. Can't prove that a cluster accepts them:
test_cluster.py does.
"""

import re
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from tests.deploy.compose import REPOSITORY
from tests.deploy.manifests import OVERLAYS, Overlay, containers, overlay

from authentication.settings import AuthenticationSettings
from gateway.forwarding.upstream import KEEP_ALIVE_SECONDS
from gateway.settings import GatewaySettings
from orders.settings import OrdersSettings
from products.settings import ProductsSettings
from shopkit.settings import Settings
from shopkit.web.app import SHUTDOWN_SECONDS
from shopkit.web.health import router

SETTINGS: dict[str, type[Settings]] = {
    "authentication-ms": AuthenticationSettings,
    "gateway-ms": GatewaySettings,
    "orders-ms": OrdersSettings,
    "products-ms": ProductsSettings,
}
PROXY_PATHS = {"/proxy_health"}
# What the images say themselves.
FROM_THE_IMAGE = {"HOST", "PORT"}


@pytest.fixture(params=OVERLAYS)
def built(request: pytest.FixtureRequest) -> Overlay:
    return overlay(request.param)


def environment(container: dict[str, Any]) -> set[str]:
    return {each["name"] for each in container.get("env", [])}


def routes(service: str) -> set[str]:
    own = router(service.removesuffix("-ms"), chaos=False).routes
    return {getattr(route, "path", "") for route in own} | {"/ready"}


def probes(container: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = ("startupProbe", "readinessProbe", "livenessProbe")
    return [container[kind] for kind in kinds if kind in container]


def drained(pod: dict[str, Any]) -> float:
    [seconds] = [
        each["value"] for each in pod["containers"][0]["env"] if each["name"] == "DRAIN_SECONDS"
    ]
    return float(seconds)


class TestSelectors:
    def test_a_service_selects_one_workload_and_a_port_of_it(self, built: Overlay) -> None:
        templates = dict(built.workloads())
        for service in built.of_kind("Service"):
            [name] = built.selected(service["spec"]["selector"])
            assert name == service["metadata"]["name"]
            ports = [port for each in containers(templates[name]) for port in each.get("ports", [])]
            for port in service["spec"]["ports"]:
                assert port["targetPort"] in {one["name"] for one in ports}
                number = {one["name"]: one["containerPort"] for one in ports}[port["targetPort"]]
                assert port["port"] == number

    def test_a_workload_selects_its_own_pods_alone(self, built: Overlay) -> None:
        for each in built.of_kind("Deployment", "StatefulSet"):
            selector = each["spec"]["selector"]["matchLabels"]
            assert built.selected(selector) == [each["metadata"]["name"]]

    def test_everything_that_stays_has_a_budget_of_its_own(self, built: Overlay) -> None:
        selected = [
            built.selected(budget["spec"]["selector"]["matchLabels"])
            for budget in built.of_kind("PodDisruptionBudget")
        ]
        staying = [each["metadata"]["name"] for each in built.of_kind("Deployment", "StatefulSet")]
        assert sorted(selected) == [[name] for name in sorted(staying)]

    def test_what_an_autoscaler_rules_has_no_replicas(self, built: Overlay) -> None:
        scaled = {
            each["spec"]["scaleTargetRef"]["name"]
            for each in built.of_kind("HorizontalPodAutoscaler")
        }
        assert scaled == set(SETTINGS)
        for each in built.of_kind("Deployment"):
            assert ("replicas" in each["spec"]) != (each["metadata"]["name"] in scaled)

    def test_pods_are_spread_by_their_own_labels(self, built: Overlay) -> None:
        for each in built.of_kind("Deployment", "StatefulSet"):
            template = each["spec"]["template"]
            constraints = template["spec"]["topologySpreadConstraints"]
            for constraint in constraints:
                labels = constraint["labelSelector"]["matchLabels"]
                assert built.selected(labels) == [each["metadata"]["name"]]


class TestServices:
    @pytest.mark.parametrize("service", SETTINGS)
    def test_every_setting_that_it_requires_is_set_and_none_that_it_does_not_know(
        self, built: Overlay, service: str
    ) -> None:
        fields: dict[str, FieldInfo] = SETTINGS[service].model_fields
        names = {name.upper() for name in fields} | {f"{name.upper()}_FILE" for name in fields}
        required = {name.upper() for name, field in fields.items() if field.is_required()}
        kept_secret = {
            name.upper() for name, field in fields.items() if field.annotation is SecretStr
        }
        for name, template in built.workloads():
            if name != service:
                continue
            [container] = list(containers(template))
            told = environment(container)
            assert told <= names
            missing = required - {one.removesuffix("_FILE") for one in told} - FROM_THE_IMAGE
            assert not missing
            assert not told & kept_secret, "a secret comes by a file"

    def test_probes_ask_for_routes_that_are_there(self, built: Overlay) -> None:
        for name, template in built.workloads():
            for container in containers(template):
                ports = {port["name"] for port in container.get("ports", [])}
                known = routes(name) if name in SETTINGS else PROXY_PATHS
                for probe in probes(container):
                    asked = probe.get("httpGet") or probe.get("tcpSocket")
                    assert asked is None or asked["port"] in ports
                    assert "httpGet" not in probe or probe["httpGet"]["path"] in known

    def test_what_stays_has_all_three_probes(self, built: Overlay) -> None:
        for each in built.of_kind("Deployment", "StatefulSet"):
            assert len(probes(each["spec"]["template"]["spec"]["containers"][0])) == 3

    @pytest.mark.parametrize("service", SETTINGS)
    def test_its_time_to_end_is_longer_than_what_it_takes(
        self, built: Overlay, service: str
    ) -> None:
        spec = dict(built.workloads())[service]["spec"]
        slept = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        ending = slept + drained(spec) + SHUTDOWN_SECONDS
        assert spec["terminationGracePeriodSeconds"] > ending

    @pytest.mark.parametrize("service", SETTINGS)
    def test_it_takes_leave_for_longer_than_a_caller_keeps_an_idle_connection(
        self, built: Overlay, service: str
    ) -> None:
        template = REPOSITORY / "nginx_proxy" / "templates" / "http.conf.template"
        upstream = template.read_text(encoding="utf-8").partition("upstream gateway {")[2]
        [by_nginx] = re.findall(r"^ *keepalive_timeout (\d+)s;", upstream, re.MULTILINE)
        drain = drained(dict(built.workloads())[service]["spec"])
        assert drain > max(float(by_nginx), KEEP_ALIVE_SECONDS)

    def test_it_has_the_labels_of_the_servers_that_it_is_told_of(self, built: Overlay) -> None:
        for name, template in built.workloads():
            told = " ".join(
                each.get("value", "") for one in containers(template) for each in one.get("env", [])
            )
            servers = {
                f"access.kiosk/{server}"
                for server in (*SETTINGS, "authentication-db", "products-db", "orders-db", "kafka")
                if re.search(rf"[/.]?\b{server}\b[.:]", told)
            }
            labels = {key for key in template["metadata"]["labels"] if key.startswith("access.")}
            assert servers <= labels, name


class TestNetwork:
    def test_every_label_of_access_has_its_two_policies_and_its_server(
        self, built: Overlay
    ) -> None:
        wanted = {
            key
            for _, template in built.workloads()
            for key in template["metadata"]["labels"]
            if key.startswith("access.kiosk/")
        }
        policies = {each["metadata"]["name"]: each for each in built.of_kind("NetworkPolicy")}
        assert policies["default-deny"]["spec"] == {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
        }
        for label in wanted:
            server = label.removeprefix("access.kiosk/")
            assert built.selected({"app.kubernetes.io/name": server}) == [server]
            into, out_of = policies[f"allow-to-{server}"], policies[f"allow-use-of-{server}"]
            assert into["spec"]["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": server}
            assert out_of["spec"]["podSelector"]["matchLabels"] == {label: "true"}
            assert into["spec"]["ingress"][0]["ports"] == out_of["spec"]["egress"][0]["ports"]


class TestSafety:
    def test_no_pod_has_a_token_of_the_cluster(self, built: Overlay) -> None:
        for name, template in built.workloads():
            assert template["spec"]["automountServiceAccountToken"] is False, name

    def test_every_container_is_restricted(self, built: Overlay) -> None:
        for name, template in built.workloads():
            pod = template["spec"]["securityContext"]
            assert pod["runAsNonRoot"], name
            assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
            for container in containers(template):
                assert container["securityContext"] == {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                }
                assert set(container["resources"]) == {"requests", "limits"}

    def test_mounts_have_their_volumes(self, built: Overlay) -> None:
        for each in built.of_kind("Deployment", "StatefulSet", "Job"):
            spec = each["spec"]["template"]["spec"]
            claims = each["spec"].get("volumeClaimTemplates", [])
            there = {one["name"] for one in spec.get("volumes", [])}
            there |= {one["metadata"]["name"] for one in claims}
            mounted = {
                mount["name"]
                for one in containers(each["spec"]["template"])
                for mount in one.get("volumeMounts", [])
            }
            assert mounted == there, each["metadata"]["name"]

    def test_no_manifest_holds_a_secret(self, built: Overlay) -> None:
        assert not list(built.of_kind("Secret"))

    def test_a_job_carries_the_release_and_goes_away(self, built: Overlay) -> None:
        jobs = list(built.of_kind("Job"))
        assert len(jobs) == 6
        for job in jobs:
            assert job["metadata"]["name"].endswith("-1")
            assert job["spec"]["ttlSecondsAfterFinished"] > 0


class TestState:
    def test_kafka_keeps_every_message_three_times(self, built: Overlay) -> None:
        [kafka] = [
            each for each in built.of_kind("StatefulSet") if each["metadata"]["name"] == "kafka"
        ]
        [container] = kafka["spec"]["template"]["spec"]["containers"]
        values = {each["name"]: each.get("value") for each in container["env"]}
        assert kafka["spec"]["replicas"] == 3
        assert values["KAFKA_DEFAULT_REPLICATION_FACTOR"] == "3"
        assert values["KAFKA_MIN_INSYNC_REPLICAS"] == "2"

    def test_every_database_has_three_members_that_its_job_names(self, built: Overlay) -> None:
        jobs = {each["metadata"]["name"]: each for each in built.of_kind("Job")}
        for each in built.of_kind("StatefulSet"):
            name = each["metadata"]["name"]
            if name == "kafka":
                continue
            [container] = jobs[f"{name}-init-1"]["spec"]["template"]["spec"]["containers"]
            values = {one["name"]: one.get("value") for one in container["env"]}
            members = [f"{name}-{index}.{name}:27017" for index in range(each["spec"]["replicas"])]
            assert values["MEMBERS"] == ",".join(members)
            assert values["REPLICA_SET"] == name
