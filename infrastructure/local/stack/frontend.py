"""The web shop: Vite's development server, or what it built."""

import os
from pathlib import Path

from stack import tools
from stack.settings import REPOSITORY, Mode, Settings
from stack.run_once import run_verb

FOLDER = REPOSITORY / "frontend"
BUILT = FOLDER / "dist"
VITE = FOLDER / "node_modules" / "vite" / "bin" / "vite.js"
NOT_SOURCES = {"node_modules", "dist"}


def exists(settings: Settings) -> bool:
    """Return whether there is a web shop at all, and it is wanted."""
    return settings.web != "none" and (FOLDER / "package.json").exists()


def has_server(settings: Settings) -> bool:
    """Return whether Vite serves it, rather than nginx what was built."""
    return settings.mode is Mode.DEVELOPMENT and exists(settings)


def has_to_be_built(settings: Settings) -> bool:
    """Return whether it is served as built, and the sources are newer than that."""
    if settings.mode is Mode.DEVELOPMENT or not exists(settings):
        return False
    page = BUILT / "index.html"
    return not page.exists() or page.stat().st_mtime < _newest_source()


def server_command(port: int) -> list[str]:
    """Return how Vite is started."""
    return [tools.node(), str(VITE), "--host", "127.0.0.1", "--port", str(port), "--strictPort"]


def build(log: Path) -> None:
    """Build it as its own package says.

    Raises:
        ProgramFailedError: The build failed.
    """
    run_verb([tools.node(), tools.npm(), "run", "build"], {"PATH": search_path()}, log, FOLDER)


def search_path() -> str:
    """Return a PATH on which Node comes first."""
    return os.pathsep.join([str(Path(tools.node()).parent), os.environ.get("PATH", "")])


def _newest_source() -> float:
    """Return when a source was last changed, in seconds since the epoch."""
    tops = [path for path in FOLDER.iterdir() if path.name not in NOT_SOURCES]
    files = [file for top in tops for file in ([top] if top.is_file() else top.rglob("*"))]
    return max(file.stat().st_mtime for file in files)
