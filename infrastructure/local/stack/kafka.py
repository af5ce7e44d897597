"""The broker: one Kafka node in KRaft mode, its own controller."""

import socket
import struct
import subprocess

from stack import tools
from stack.errors import StackError
from stack.ports import LOOPBACK
from stack.settings import Settings
from stack.state import State

MEMORY = "-Xmx512m"
TIMEOUT_SECONDS = 1
API_VERSIONS = 18

PROPERTIES = """\
# Written by `make up`.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={log_folder}
auto.create.topics.enable=false
num.partitions=12
# The defaults of the internal topics suit three nodes and many consumers.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
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
"""


def command(state: State) -> list[str]:
    """Return the command that starts Kafka."""
    # Java writes the archive at its first stop and reads it at every later start.
    archive = ["-XX:+AutoCreateSharedArchive", f"-XX:SharedArchiveFile={tools.KAFKA_ARCHIVE}"]
    quiet = "-Xlog:cds=off,cds+dynamic=off,aot=off"
    return [*_java(state), *archive, quiet, MEMORY, "kafka.Kafka", "server.properties"]


def prepare(state: State, settings: Settings) -> None:
    """Write the configuration, and format the storage of a new node.

    Raises:
        StackError: The storage could not be formatted.
    """
    folder = state.data("kafka")
    folder.mkdir(mode=0o700, exist_ok=True)
    properties = PROPERTIES.format(
        host=LOOPBACK,
        port=settings.ports["kafka"],
        controller_port=settings.ports["kafka-controller"],
        log_folder="log",
    )
    (folder / "server.properties").write_text(properties, encoding="utf-8")
    (folder / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
    if not (folder / "log" / "meta.properties").exists():
        _format(state)


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


def _format(state: State) -> None:
    # An id may begin with a hyphen, so it must not stand alone.
    options = ["format", f"--cluster-id={state.cluster_id()}", "--config", "server.properties"]
    formatted = subprocess.run(
        [*_java(state), "kafka.tools.StorageTool", *options],
        cwd=state.data("kafka"),
        capture_output=True,
        text=True,
        check=False,
    )
    if formatted.returncode != 0:
        output = formatted.stdout + formatted.stderr
        raise StackError(f"Kafka's storage could not be formatted:\n{output}")


def _java(state: State) -> list[str]:
    """Return the command that runs Java with Kafka's classes."""
    logging = state.data("kafka") / "log4j2.properties"
    return [
        tools.java(),
        *("-cp", f"{tools.KAFKA_JARS}/*"),
        f"-Dlog4j2.configurationFile={logging.as_uri()}",
    ]
