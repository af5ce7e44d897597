"""A bucket on this machine, to which the script of the nightly backups copies its dumps."""

import os
import subprocess
from pathlib import Path

from tests.deploy.compose import REPOSITORY
from tests.deploy.documented import RESTORE_PAGE, find_block, run

SCRIPTS = REPOSITORY / "infrastructure" / "kubernetes" / "components" / "backups"
DEBIAN = REPOSITORY / ".local" / "debian"
PASSWORD = "correct horse battery staple"
REMOTE = "google:PROJECT_ID-backups"


def environment(folder: Path) -> dict[str, str]:
    """Return variables with which a script finds rclone and, in a folder, stand-ins of tools."""
    subprocess.run([REPOSITORY / "infrastructure" / "local" / "debian", "rclone"], check=True)
    path = f"{folder / 'bin'}:{os.environ['PATH']}:{DEBIAN / 'rclone' / 'usr' / 'bin'}"
    return {"PATH": path, "HOME": str(folder)}


def upload(dump: Path, database: str, folder: Path, *, pushgateway: str = "") -> str:
    """Copy a dump to the bucket in a folder as the CronJob does, and return what it printed.

    Raises:
        subprocess.CalledProcessError: The script failed.
    """
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    variables = {
        **environment(folder),
        "DATABASE": database,
        "BUCKET": str(folder / "bucket"),
        "PASSWORD_FILE": str(password),
        "PUSHGATEWAY": pushgateway,
    }
    command = ["sh", str(SCRIPTS / "upload.sh"), str(dump)]
    completed = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    return completed.stdout


def fetch(folder: Path, databases: str = "authentication products orders") -> None:
    """Fetch the newest backups from the bucket in a folder with the documented commands.

    They are in the same folder afterwards, as orders.gz and so on.
    """
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    gcloud = tools / "gcloud"
    gcloud.write_text(f"#!/bin/sh\nprintf '%s' '{PASSWORD}'\n")
    gcloud.chmod(0o755)
    commands = find_block(RESTORE_PAGE, "rclone cat")
    assert REMOTE in commands
    commands = commands.replace(REMOTE, str(folder / "bucket"))
    assert "for D in authentication products orders;" in commands
    commands = commands.replace("authentication products orders;", f"{databases};")
    run(commands, folder, environment(folder))
