"""The brokers: Kafka nodes in KRaft mode, which are controllers too. Usually there is only one."""

import socket
import struct
import subprocess

from stack import tools
from stack.errors import StackError
from stack.ports import LOOPBACK
from stack.settings import REPOSITORY, Settings, member_names
from stack.state import State

MEMORY = "-Xmx512m"
TIMEOUT_SECONDS = 1
API_VERSIONS = 18
METRICS = REPOSITORY / "infrastructure" / "observability" / "kafka.yml"

PROPERTIES = """\
# Written by `make up`.
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={log_folder}
auto.create.topics.enable=false
num.partitions=12
# The defaults of the internal topics suit three nodes and many consumers.
offsets.topic.replication.factor={nodes}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={nodes}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor={nodes}
share.coordinator.state.topic.min.isr={in_sync}
# The first consumer starts immediately instead of waiting for others.
group.initial.rebalance.delay.ms=0
# The consumers' session time-out is below the default minimum of 6 s.
group.min.session.timeout.ms=4000
# A killed broker can register again once its old session has expired (default 9 s).
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""

LOGGING = """\
# Written by `make up`.
rootLogger.level=warn
rootLogger.appenderRef.stdout.ref=stdout
appender.stdout.type=Console
appender.stdout.name=stdout
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=%d{ISO8601} %p %c{1}: %m%n
logger.server.name=kafka.server
logger.server.level=info
# Why consumers join and leave their groups.
logger.group.name=org.apache.kafka.coordinator.group
logger.group.level=info
"""


def command(state: State, settings: Settings, name: str) -> list[str]:
    """Return the command that starts a node, with the agent for its metrics if they are wanted."""
    # Java writes the archive at its first stop and reads it at every later start.
    archive = ["-XX:+AutoCreateSharedArchive", f"-XX:SharedArchiveFile={tools.KAFKA_ARCHIVE}"]
    quiet = "-Xlog:cds=off,cds+dynamic=off,aot=off"
    options = [*archive, quiet, MEMORY, *_metrics_agent(settings, name)]
    return [*_java(state, name), *options, "kafka.Kafka", "server.properties"]


def prepare(state: State, settings: Settings, name: str) -> None:
    """Write a node's configuration, and format its storage if it is new.

    Raises:
        StackError: The storage could not be formatted.
    """
    folder = state.data(name)
    folder.mkdir(mode=0o700, exist_ok=True)
    node = member_names("kafka", settings.members).index(name)
    controllers = settings.ports_of("kafka-controller")
    properties = PROPERTIES.format(
        node=node + 1,
        nodes=settings.members,
        in_sync=max(1, settings.members - 1),
        voters=",".join(f"{n}@{LOOPBACK}:{port}" for n, port in enumerate(controllers, start=1)),
        host=LOOPBACK,
        port=settings.ports[name],
        controller_port=controllers[node],
        log_folder="log",
    )
    (folder / "server.properties").write_text(properties, encoding="utf-8")
    (folder / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
    if not (folder / "log" / "meta.properties").exists():
        _format(state, name)


def answers(port: int) -> bool:
    """Return whether the broker answers an ApiVersions request."""
    client = b"stack"
    request = struct.pack(">hhih", API_VERSIONS, 0, 1, len(client)) + client
    try:
        with socket.create_connection((LOOPBACK, port), TIMEOUT_SECONDS) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            return len(connection.recv(4)) == 4
    except OSError:
        return False


def _format(state: State, name: str) -> None:
    # An id may begin with a hyphen, so it must not stand alone.
    options = ["format", f"--cluster-id={state.cluster_id()}", "--config", "server.properties"]
    formatted = subprocess.run(
        [*_java(state, name), "kafka.tools.StorageTool", *options],
        cwd=state.data(name),
        capture_output=True,
        text=True,
        check=False,
    )
    if formatted.returncode != 0:
        output = formatted.stdout + formatted.stderr
        raise StackError(f"Kafka's storage could not be formatted:\n{output}")


def metrics_port(name: str) -> str:
    """Return the name of the port of a node's metrics."""
    return name.replace("kafka", "kafka-metrics")


def _metrics_agent(settings: Settings, name: str) -> list[str]:
    if not settings.observability:
        return []
    address = f"{LOOPBACK}:{settings.ports[metrics_port(name)]}"
    return [f"-javaagent:{tools.metrics_agent()}={address}:{METRICS}"]


def _java(state: State, name: str) -> list[str]:
    """Return the command that runs Java with Kafka's classes."""
    logging = state.data(name) / "log4j2.properties"
    return [
        tools.java(),
        *("-cp", f"{tools.KAFKA_JARS}/*"),
        f"-Dlog4j2.configurationFile={logging.as_uri()}",
    ]
