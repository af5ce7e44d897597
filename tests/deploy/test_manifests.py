"""Consistency of the manifests with each other and with the services.

The tests prove that names, labels, ports, paths and settings agree, which no schema checks. They
cannot prove that a cluster accepts the manifests; test_cluster.py does.
"""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from tests.deploy.compose import REPOSITORY
from tests.deploy.manifests import (
    KUBERNETES,
    OVERLAYS,
    TOOLS,
    Manifest,
    Overlay,
    build_overlay,
    containers,
)

from authentication.settings import AuthenticationSettings
from gateway.forwarding.upstream import KEEP_ALIVE_SECONDS
from gateway.settings import GatewaySettings
from orders.settings import OrdersSettings
from products.settings import ProductsSettings
from shopkit.messaging.event_runtime import STOP_SECONDS
from shopkit.settings import KafkaSettings, Settings
from shopkit.web.app import SHUTDOWN_SECONDS
from shopkit.web.health import health_router

SETTINGS: dict[str, type[Settings]] = {
    "authentication-ms": AuthenticationSettings,
    "gateway-ms": GatewaySettings,
    "orders-ms": OrdersSettings,
    "products-ms": ProductsSettings,
}
OTHER_PATHS = {"/proxy_health", "/-/ready", "/-/healthy"}
SET_BY_THE_IMAGE = {"HOST", "PORT", "MONITORING_PORT"}
MONITORING_PORT = 9000
CONTROLLER_PORT = 9093
SERVERS = (*SETTINGS, "authentication-db", "products-db", "orders-db", "kafka")
ACCESS_PREFIX = "access.kiosk/"
CAPACITY = KUBERNETES / "capacity.py"
LOAD_BALANCER_KEEP_ALIVE_SECONDS = 600
DETACHMENT_SECONDS = 60
SPOT_SECONDS = 15


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> Overlay:
    return build_overlay(request.param)


def capacity() -> subprocess.CompletedProcess[str]:
    """Run `make capacity` with the kubectl of the static checks."""
    return subprocess.run(
        [sys.executable, str(CAPACITY)],
        env={**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def name_of(manifest: Manifest) -> str:
    name: str = manifest["metadata"]["name"]
    return name


def replicated(overlay: Overlay) -> list[Manifest]:
    """Return the workloads that run continuously."""
    return list(overlay.of_kind("Deployment", "StatefulSet"))


def variables(container: Manifest) -> dict[str, str]:
    """Return the environment of a container; empty values come from elsewhere."""
    return {variable["name"]: variable.get("value", "") for variable in container.get("env", [])}


def health_paths(service: str) -> set[str]:
    routes = health_router(service.removesuffix("-ms"), chaos=False).routes
    return {getattr(route, "path", "") for route in routes} | {"/ready"}


def probes(container: Manifest) -> list[Manifest]:
    kinds = ("startupProbe", "readinessProbe", "livenessProbe")
    return [container[kind] for kind in kinds if kind in container]


def drain_seconds(pod: Manifest) -> float:
    return float(variables(pod["containers"][0])["DRAIN_SECONDS"])


class TestSelectors:
    def test_a_service_selects_one_workload_and_its_ports(self, overlay: Overlay) -> None:
        templates = dict(overlay.workloads())
        for service in overlay.of_kind("Service"):
            [name] = overlay.find_workloads(service["spec"]["selector"])
            assert name == name_of(service)
            numbers = {
                port["name"]: port["containerPort"]
                for container in containers(templates[name])
                for port in container.get("ports", [])
            }
            for port in service["spec"]["ports"]:
                assert port["port"] == numbers[port["targetPort"]]

    def test_a_workload_selects_only_its_own_pods(self, overlay: Overlay) -> None:
        for workload in replicated(overlay):
            selector = workload["spec"]["selector"]["matchLabels"]
            assert overlay.find_workloads(selector) == [name_of(workload)]

    def test_each_workload_has_one_disruption_budget(self, overlay: Overlay) -> None:
        matches = [
            overlay.find_workloads(budget["spec"]["selector"]["matchLabels"])
            for budget in overlay.of_kind("PodDisruptionBudget")
        ]
        names = sorted(name_of(workload) for workload in replicated(overlay))
        assert sorted(matches) == [[name] for name in names]

    def test_spread_constraints_select_the_workloads_own_pods(self, overlay: Overlay) -> None:
        for workload in replicated(overlay):
            pod = workload["spec"]["template"]["spec"]
            for constraint in pod["topologySpreadConstraints"]:
                labels = constraint["labelSelector"]["matchLabels"]
                assert overlay.find_workloads(labels) == [name_of(workload)]


class TestAutoscalers:
    def test_each_service_is_scaled_and_has_no_fixed_replicas(self, overlay: Overlay) -> None:
        scaled = {
            autoscaler["spec"]["scaleTargetRef"]["name"]
            for autoscaler in overlay.of_kind("HorizontalPodAutoscaler")
        }
        assert scaled == set(SETTINGS)
        for workload in overlay.of_kind("Deployment"):
            assert ("replicas" in workload["spec"]) != (name_of(workload) in scaled)


class TestServices:
    @pytest.mark.parametrize("service", SETTINGS)
    def test_a_service_has_every_required_setting_and_no_unknown_one(
        self, overlay: Overlay, service: str
    ) -> None:
        fields: dict[str, FieldInfo] = SETTINGS[service].model_fields
        known = {name.upper() for name in fields} | {f"{name.upper()}_FILE" for name in fields}
        required = {name.upper() for name, field in fields.items() if field.is_required()}
        secret = {name.upper() for name, field in fields.items() if field.annotation is SecretStr}
        [container] = containers(dict(overlay.workloads())[service])
        present = set(variables(container))
        assert present <= known
        assert required <= {name.removesuffix("_FILE") for name in present} | SET_BY_THE_IMAGE
        assert not present & secret, "a secret comes from a file"

    def test_probes_use_existing_paths_and_ports(self, overlay: Overlay) -> None:
        for name, template in overlay.workloads():
            for container in containers(template):
                ports = {port["name"] for port in container.get("ports", [])}
                paths = health_paths(name) if name in SETTINGS else OTHER_PATHS
                for probe in probes(container):
                    target = probe.get("httpGet") or probe.get("tcpSocket")
                    assert target is None or target["port"] in ports
                    assert "httpGet" not in probe or probe["httpGet"]["path"] in paths

    @pytest.mark.parametrize("service", SETTINGS)
    def test_monitoring_has_a_port_of_its_own(self, overlay: Overlay, service: str) -> None:
        # Given
        template = dict(overlay.workloads())[service]
        [container] = containers(template)
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        policies = {name_of(policy): policy["spec"] for policy in overlay.of_kind("NetworkPolicy")}
        services = {name_of(found): found["spec"]["ports"] for found in overlay.of_kind("Service")}
        # Then
        assert ports == {"http": 8000, "monitoring": MONITORING_PORT}
        assert container["readinessProbe"]["httpGet"]["port"] == "monitoring"
        assert template["metadata"]["annotations"]["prometheus.io/port"] == str(MONITORING_PORT)
        [rule] = policies["allow-metrics"]["ingress"]
        assert [port["port"] for port in rule["ports"]] == [MONITORING_PORT]
        assert [port["port"] for port in services[service]] == [8000]

    def test_each_workload_has_all_three_probes(self, overlay: Overlay) -> None:
        for workload in replicated(overlay):
            assert len(probes(workload["spec"]["template"]["spec"]["containers"][0])) == 3

    @pytest.mark.parametrize("service", SETTINGS)
    def test_a_service_has_enough_time_to_shut_down(self, overlay: Overlay, service: str) -> None:
        pod = dict(overlay.workloads())[service]["spec"]
        sleep_seconds = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        shutdown_seconds = sleep_seconds + drain_seconds(pod) + SHUTDOWN_SECONDS
        if issubclass(SETTINGS[service], KafkaSettings):
            shutdown_seconds += STOP_SECONDS
        assert pod["terminationGracePeriodSeconds"] > shutdown_seconds

    @pytest.mark.parametrize("service", SETTINGS)
    def test_a_service_drains_longer_than_a_client_keeps_an_idle_connection(
        self, overlay: Overlay, service: str
    ) -> None:
        template = REPOSITORY / "nginx_proxy" / "templates" / "http.conf.template"
        upstream = template.read_text(encoding="utf-8").partition("upstream gateway {")[2]
        [nginx_seconds] = re.findall(r"^ *keepalive_timeout (\d+)s;", upstream, re.MULTILINE)
        pod = dict(overlay.workloads())[service]["spec"]
        assert drain_seconds(pod) > max(float(nginx_seconds), KEEP_ALIVE_SECONDS)

    def test_a_workload_has_access_labels_for_the_servers_in_its_settings(
        self, overlay: Overlay
    ) -> None:
        for name, template in overlay.workloads():
            values = " ".join(
                value
                for container in containers(template)
                for value in variables(container).values()
            )
            servers = {
                f"{ACCESS_PREFIX}{server}"
                for server in SERVERS
                if re.search(rf"[/.]?\b{server}\b[.:]", values)
            }
            assert servers <= set(template["metadata"]["labels"]), name


class TestNetworkPolicies:
    def test_traffic_is_denied_by_default(self, overlay: Overlay) -> None:
        policies = {name_of(policy): policy for policy in overlay.of_kind("NetworkPolicy")}
        assert policies["default-deny"]["spec"] == {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
        }

    def test_each_access_label_has_policies_for_both_directions(self, overlay: Overlay) -> None:
        policies = {name_of(policy): policy["spec"] for policy in overlay.of_kind("NetworkPolicy")}
        labels = {
            label
            for _, template in overlay.workloads()
            for label in template["metadata"]["labels"]
            if label.startswith(ACCESS_PREFIX)
        }
        assert labels
        for label in labels:
            server = label.removeprefix(ACCESS_PREFIX)
            selector = {"app.kubernetes.io/name": server}
            assert overlay.find_workloads(selector) == [server]
            ingress, egress = policies[f"allow-to-{server}"], policies[f"allow-use-of-{server}"]
            assert ingress["podSelector"]["matchLabels"] == selector
            assert egress["podSelector"]["matchLabels"] == {label: "true"}
            assert ingress["ingress"][0]["ports"] == egress["egress"][0]["ports"]


class TestScheduling:
    @pytest.fixture
    def gke(self) -> Overlay:
        return build_overlay("gke")

    def test_the_pods_fit_the_nodes_at_their_maximum(self) -> None:
        printed = capacity()
        assert printed.returncode == 0, printed.stdout + printed.stderr
        assert printed.stdout.count(": fits\n") == 2

    def test_pods_that_do_not_fit_are_reported(self) -> None:
        names = runpy.run_path(str(CAPACITY))
        lines = [
            *names["report"]("pool", "e2-medium", [names["Pods"]("a", 40, (250, 128))], [], 10)
        ]
        # 640m are left for pods, so two of them fit on a node.
        assert lines[-1] == "  10000m, 5120 MiB: 20 nodes of at most 10: DOES NOT FIT"

    @pytest.mark.parametrize(
        ("machine", "size"),
        [
            ("e2-medium", (940, 2972)),
            ("e2-standard-2", (1930, 6248)),
            ("e2-standard-4", (3920, 13621)),
        ],
    )
    def test_the_allocatable_size_follows_googles_rules(
        self, machine: str, size: tuple[int, int]
    ) -> None:
        assert runpy.run_path(str(CAPACITY))["allocatable"](machine) == size

    def test_only_databases_and_brokers_run_on_the_pool_of_the_state(self, gke: Overlay) -> None:
        terraform = (REPOSITORY / "infrastructure" / "terraform" / "cluster.tf").read_text("utf-8")
        state = terraform.partition('"google_container_node_pool" "state"')[2]
        assert 'key    = "kiosk/state"' in state.partition("\nresource ")[0]
        assert "kiosk/" not in state.partition("\nresource ")[2]
        stateful = {name_of(found) for found in gke.of_kind("StatefulSet")}
        for name, template in gke.workloads():
            tolerated = [each["key"] for each in template["spec"].get("tolerations", [])]
            selector = template["spec"].get("nodeSelector", {})
            if name in stateful:
                assert tolerated == ["kiosk/state"]
                assert selector == {"cloud.google.com/gke-nodepool": "state"}
            else:
                assert not tolerated
                assert not selector

    def test_the_loss_of_a_zone_stops_one_member_of_each(self, gke: Overlay) -> None:
        for workload in gke.of_kind("StatefulSet"):
            [spread] = workload["spec"]["template"]["spec"]["topologySpreadConstraints"]
            assert spread["topologyKey"] == "topology.kubernetes.io/zone"
            assert spread["whenUnsatisfiable"] == "DoNotSchedule"
            assert (spread["maxSkew"], spread["minDomains"]) == (1, 3)

    def test_a_database_displaces_a_service(self, overlay: Overlay) -> None:
        values = {name_of(found): found["value"] for found in overlay.of_kind("PriorityClass")}
        expected = {"Deployment": "kiosk-service", "StatefulSet": "kiosk-state"}
        for workload in replicated(overlay):
            pod = workload["spec"]["template"]["spec"]
            assert pod["priorityClassName"] == expected[workload["kind"]]
        assert values["kiosk-state"] > values["kiosk-service"] > 0

    def test_no_pool_gives_a_pod_less_time_than_it_needs_to_stop(self, gke: Overlay) -> None:
        """GKE gives the pods of a spot machine 15 s."""
        needed = [
            found["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
            for found in replicated(gke)
        ]
        assert min(needed) > SPOT_SECONDS
        terraform = (REPOSITORY / "infrastructure" / "terraform" / "cluster.tf").read_text("utf-8")
        assert not re.search(r"^ *spot +=", terraform, re.MULTILINE)


class TestManagedPrometheus:
    @pytest.fixture
    def gke(self) -> Overlay:
        return build_overlay("gke")

    def test_it_evaluates_the_same_rules_as_prometheus(self, gke: Overlay) -> None:
        folder = REPOSITORY / "infrastructure" / "observability"
        groups = [
            yaml.safe_load((folder / name).read_text("utf-8"))["groups"]
            for name in ("alerts.yml", "alerts_gke.yml")
        ]
        found = {name_of(rules): rules["spec"]["groups"] for rules in gke.of_kind("Rules")}
        assert found == dict(zip(("alerts", "alerts-gke"), groups, strict=True))

    def test_it_collects_the_metrics_of_every_service(self, gke: Overlay) -> None:
        monitored = {name_of(found): found for found in gke.of_kind("PodMonitoring")}
        monitoring = monitored["services"]
        [endpoint] = monitoring["spec"]["endpoints"]
        [expression] = monitoring["spec"]["selector"]["matchExpressions"]
        assert (name_of(monitoring), endpoint["port"]) == ("services", "monitoring")
        assert set(expression["values"]) == set(SETTINGS)
        policies = {name_of(found): found["spec"] for found in gke.of_kind("NetworkPolicy")}
        policy = policies["allow-metrics-to-google"]
        assert policy["podSelector"] == monitoring["spec"]["selector"]
        [rule] = policy["ingress"]
        [source] = rule["from"]
        names = source["namespaceSelector"]["matchLabels"]
        assert names == {"kubernetes.io/metadata.name": "gmp-system"}
        assert [port["port"] for port in rule["ports"]] == [MONITORING_PORT]


class TestBackups:
    TERRAFORM = REPOSITORY / "infrastructure" / "terraform"

    @pytest.fixture
    def pods(self) -> dict[str, Manifest]:
        jobs = build_overlay("gke").of_kind("CronJob")
        return {
            name_of(job): job["spec"]["jobTemplate"]["spec"]["template"]["spec"] for job in jobs
        }

    def test_each_database_is_dumped_with_its_own_password_and_certificate(
        self, pods: dict[str, Manifest]
    ) -> None:
        databases = ("authentication", "products", "orders")
        assert set(pods) == {f"{name}-backup" for name in databases}
        for name in databases:
            pod = pods[f"{name}-backup"]
            read = {
                volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume
            }
            assert read == {f"{name}-db", f"{name}-db-tls", "backup"}
            for container in (*pod["initContainers"], *pod["containers"]):
                assert variables(container)["DATABASE"] == f"{name}-db"

    def test_only_the_container_that_encrypts_reads_the_key(
        self, pods: dict[str, Manifest]
    ) -> None:
        for pod in pods.values():
            [dump], [upload] = pod["initContainers"], pod["containers"]
            mounts = [{mount["name"] for mount in each["volumeMounts"]} for each in (dump, upload)]
            assert ["password" in names for names in mounts] == [False, True]
            assert ["secrets" in names for names in mounts] == [True, False]

    def test_they_go_to_the_bucket_of_terraform_and_can_delete_nothing(
        self, pods: dict[str, Manifest]
    ) -> None:
        text = (self.TERRAFORM / "backups.tf").read_text(encoding="utf-8")
        assert '"${var.project}-backups"' in text
        assert set(re.findall(r'"(roles/[^"]+)"', text)) == {
            "roles/storage.objectCreator",
            "roles/storage.objectViewer",
        }
        for pod in pods.values():
            assert f"/ns/kiosk/sa/{pod['serviceAccountName']}" in text
            assert variables(pod["containers"][0])["BUCKET"] == "google:PROJECT_ID-backups"

    def test_terraform_has_the_key(self) -> None:
        text = (self.TERRAFORM / "secrets.tf").read_text(encoding="utf-8")
        [secret] = [
            found
            for found in build_overlay("gke").of_kind("ExternalSecret")
            if name_of(found) == "backup"
        ]
        [entry] = secret["spec"]["data"]
        assert f'"{entry["remoteRef"]["key"]}"' in text

    def test_the_alerts_name_what_is_reported(self) -> None:
        script = KUBERNETES / "components" / "backups" / "upload.sh"
        rules = REPOSITORY / "infrastructure" / "observability" / "alerts_gke.yml"
        reported = set(re.findall(r"# TYPE (\w+) gauge", script.read_text("utf-8")))
        assert reported == set(re.findall(r"\bbackup_last_\w+", rules.read_text("utf-8")))


class TestBrokers:
    HEALTHY = ""
    BEHIND = "\tTopic: shop.orders\tPartition: 3\tLeader: 1\tReplicas: 1,10,0\tIsr: 1,10\tElr: \n"

    @pytest.mark.parametrize(
        ("node", "described", "code"),
        [
            ("0", HEALTHY, 0),
            ("0", BEHIND, 1),
            ("1", BEHIND, 0),
            ("10", BEHIND, 0),
            ("2", BEHIND, 0),
        ],
    )
    def test_a_broker_has_started_when_its_own_copies_are_in_sync(
        self, tmp_path: Path, node: str, described: str, code: int
    ) -> None:
        assert self.check(tmp_path, node, f"printf '{described}'") == code

    def test_a_broker_that_does_not_answer_has_not_started(self, tmp_path: Path) -> None:
        assert self.check(tmp_path, "0", "exit 1") != 0

    def check(self, folder: Path, node: str, tool: str) -> int:
        (folder / "kafka-topics.sh").write_text(f"#!/bin/sh\n{tool}\n")
        (folder / "kafka-topics.sh").chmod(0o755)
        names = {"POD_NAME": "kafka-0", "CERTIFICATE_FILE": "c", "CA_FILE": "a"}
        script = KUBERNETES / "base" / "kafka" / "in_sync.sh"
        environment = {**os.environ, **names, "KAFKA_TOOLS": str(folder), "KAFKA_NODE_ID": node}
        return subprocess.run(["bash", str(script)], env=environment, check=False).returncode

    def test_a_rolling_restart_waits_for_copies_in_sync(self, overlay: Overlay) -> None:
        [container] = containers(dict(overlay.workloads())["kafka"])
        assert container["startupProbe"]["exec"]["command"] == ["bash", "/scripts/in_sync.sh"]
        assert {"CERTIFICATE_FILE", "CA_FILE", "POD_NAME"} <= set(variables(container))


class TestLoadBalancer:
    def test_nginx_keeps_idle_connections_longer_than_the_load_balancer(self) -> None:
        template = REPOSITORY / "nginx_proxy" / "templates" / "http.conf.template"
        server = template.read_text(encoding="utf-8").partition("upstream gateway {")[0]
        [seconds] = re.findall(r"^keepalive_timeout (\d+)s;", server, re.MULTILINE)
        assert int(seconds) > LOAD_BALANCER_KEEP_ALIVE_SECONDS

    def test_a_pod_serves_until_the_load_balancer_has_removed_it(self) -> None:
        gke = build_overlay("gke")
        pod = dict(gke.workloads())["nginx-proxy"]["spec"]
        sleep_seconds = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        [policy] = gke.of_kind("GCPBackendPolicy")
        draining = policy["spec"]["default"]["connectionDraining"]["drainingTimeoutSec"]
        assert sleep_seconds >= DETACHMENT_SECONDS
        assert pod["terminationGracePeriodSeconds"] >= sleep_seconds + draining


class TestEntry:
    def test_only_envoy_gets_timeouts_in_routes(self) -> None:
        """Google's load balancers refuse them."""
        timeouts = {
            name: [
                name_of(route)
                for route in build_overlay(name).of_kind("HTTPRoute")
                for rule in route["spec"]["rules"]
                if "timeouts" in rule
            ]
            for name in OVERLAYS
        }
        assert timeouts == {"minikube": ["shop-stream"], "gke": []}

    def test_the_certificate_does_not_need_the_gateway_that_needs_it(self) -> None:
        [issuer] = [
            found for found in build_overlay("gke").of_kind("Issuer") if name_of(found) == "shop"
        ]
        assert issuer["spec"]["acme"]["solvers"] == [
            {"dns01": {"cloudDNS": {"project": "PROJECT_ID"}}}
        ]

    def test_googles_load_balancer_keeps_streams(self) -> None:
        [policy] = build_overlay("gke").of_kind("GCPBackendPolicy")
        assert policy["spec"]["targetRef"]["name"] == "nginx-proxy"
        assert policy["spec"]["default"]["timeoutSec"] == 3600


class TestSecurity:
    def test_no_pod_gets_a_token_of_the_cluster(self, overlay: Overlay) -> None:
        for name, template in overlay.workloads():
            assert template["spec"]["automountServiceAccountToken"] is False, name

    def test_every_container_is_restricted(self, overlay: Overlay) -> None:
        for name, template in overlay.workloads():
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

    def test_no_manifest_contains_a_secret(self, overlay: Overlay) -> None:
        assert not list(overlay.of_kind("Secret"))


class TestVolumes:
    def test_every_volume_is_mounted(self, overlay: Overlay) -> None:
        for workload in overlay.of_kind("Deployment", "StatefulSet", "Job"):
            template = workload["spec"]["template"]
            volumes = {volume["name"] for volume in template["spec"].get("volumes", [])}
            volumes |= {
                name_of(claim) for claim in workload["spec"].get("volumeClaimTemplates", [])
            }
            mounts = {
                mount["name"]
                for container in containers(template)
                for mount in container.get("volumeMounts", [])
            }
            assert mounts == volumes, name_of(workload)


class TestJobs:
    def test_a_job_has_the_release_in_its_name_and_expires(self, overlay: Overlay) -> None:
        jobs = list(overlay.of_kind("Job"))
        assert len(jobs) == 7
        for job in jobs:
            assert name_of(job).endswith("-1")
            assert job["spec"]["ttlSecondsAfterFinished"] > 0


class TestServers:
    def test_kafka_keeps_three_copies_of_every_message(self, overlay: Overlay) -> None:
        sets = {name_of(server): server for server in overlay.of_kind("StatefulSet")}
        [container] = sets["kafka"]["spec"]["template"]["spec"]["containers"]
        settings = variables(container)
        assert sets["kafka"]["spec"]["replicas"] == 3
        assert settings["KAFKA_DEFAULT_REPLICATION_FACTOR"] == "3"
        assert settings["KAFKA_MIN_INSYNC_REPLICAS"] == "2"

    def test_each_database_has_three_members_which_its_job_names(self, overlay: Overlay) -> None:
        jobs = {name_of(job): job for job in overlay.of_kind("Job")}
        for database in overlay.of_kind("StatefulSet"):
            name = name_of(database)
            if name == "kafka":
                continue
            [container] = jobs[f"{name}-init-1"]["spec"]["template"]["spec"]["containers"]
            settings = variables(container)
            members = [f"{name}-{index}.{name}:27017" for index in range(3)]
            assert database["spec"]["replicas"] == 3
            assert settings["MEMBERS"] == ",".join(members)
            assert settings["REPLICA_SET"] == name

    def test_kafka_refuses_unknown_and_unencrypted_clients(self, overlay: Overlay) -> None:
        [container] = containers(dict(overlay.workloads())["kafka"])
        settings = variables(container)
        protocols = "CLIENT:SASL_SSL,CONTROLLER:SSL,BROKER:SSL"
        assert settings["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"] == protocols
        assert settings["KAFKA_LISTENER_NAME_CONTROLLER_SSL_CLIENT_AUTH"] == "required"
        assert settings["KAFKA_LISTENER_NAME_BROKER_SSL_CLIENT_AUTH"] == "required"
        assert settings["KAFKA_AUTHORIZER_CLASS_NAME"].endswith(".StandardAuthorizer")
        assert settings["KAFKA_SUPER_USERS"] == "User:kafka"
        assert not [name for name in settings if "ALLOW_EVERYONE" in name]

    def test_only_brokers_reach_the_controllers(self, overlay: Overlay) -> None:
        # Given
        sources = [
            rule["from"]
            for policy in overlay.of_kind("NetworkPolicy")
            for rule in policy["spec"].get("ingress", [])
            if CONTROLLER_PORT in [port["port"] for port in rule["ports"]]
        ]
        # Then
        selector = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "kafka"}}}
        assert sources == [[selector]]

    @pytest.mark.parametrize("server", ["authentication-db", "products-db", "orders-db", "kafka"])
    def test_a_server_has_a_certificate_for_each_member(
        self, overlay: Overlay, server: str
    ) -> None:
        certificates = {name_of(found): found["spec"] for found in overlay.of_kind("Certificate")}
        pod = dict(overlay.workloads())[server]["spec"]
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        members = {f"{server}-{index}.{server}" for index in range(3)}
        assert members <= set(certificates[server]["dnsNames"])
        assert certificates[server]["commonName"] == server
        assert volumes["tls"]["secret"]["secretName"] == certificates[server]["secretName"]

    @pytest.mark.parametrize("service", ["authentication", "products", "orders"])
    def test_a_service_cannot_read_the_password_of_its_migrations(
        self, overlay: Overlay, service: str
    ) -> None:
        readers = {
            name
            for name, template in overlay.workloads()
            for volume in template["spec"].get("volumes", [])
            if volume.get("secret", {}).get("secretName") == f"{service}-migrate"
        }
        assert readers == {f"{service}-db-init-1", f"{service}-migrate-1"}
