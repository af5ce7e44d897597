"""The web shop: Vite's development server, or its production build."""

import os
from pathlib import Path

from stack import tools
from stack.run_once import run_once
from stack.settings import REPOSITORY, Mode, Settings

FOLDER = REPOSITORY / "frontend"
BUILT = FOLDER / "dist"
VITE = FOLDER / "node_modules" / "vite" / "bin" / "vite.js"
NOT_SOURCES = {"node_modules", "dist"}


def exists(settings: Settings) -> bool:
    """Return whether the web shop is part of this stack."""
    return settings.web != "none" and (FOLDER / "package.json").exists()


def has_server(settings: Settings) -> bool:
    """Return whether Vite serves the web shop; otherwise nginx serves the build."""
    return settings.mode is Mode.DEVELOPMENT and exists(settings)


def needs_build(settings: Settings) -> bool:
    """Return whether nginx serves a build that is missing or older than the sources."""
    if settings.mode is Mode.DEVELOPMENT or not exists(settings):
        return False
    page = BUILT / "index.html"
    return not page.exists() or page.stat().st_mtime < _newest_source()


def server_command(port: int) -> list[str]:
    """Return the command that starts Vite."""
    return [tools.node(), str(VITE), "--host", "127.0.0.1", "--port", str(port), "--strictPort"]


def build(log: Path) -> None:
    """Build the web shop.

    Raises:
        ProgramFailedError: The build failed.
    """
    run_once([tools.node(), tools.npm(), "run", "build"], {"PATH": search_path()}, log, FOLDER)


def search_path() -> str:
    """Return a PATH on which Node comes first."""
    return os.pathsep.join([str(Path(tools.node()).parent), os.environ.get("PATH", "")])


def _newest_source() -> float:
    """Return when a source last changed, in seconds since the epoch."""
    tops = [path for path in FOLDER.iterdir() if path.name not in NOT_SOURCES]
    files = [file for top in tops for file in ([top] if top.is_file() else top.rglob("*"))]
    return max(file.stat().st_mtime for file in files)
