"""nginx: the same templates as in containers, rendered for this machine."""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from stack import frontend, tools
from stack.errors import SettingError
from stack.ports import LOOPBACK
from stack.settings import REPOSITORY, Settings
from stack.state import State

SOURCE = REPOSITORY / "nginx_proxy"
PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)\}")
# What nginx's image would read before it fills the templates in, and then tell what it has made.
READ_TRUSTED_PROXIES = '. "$1"; printf "%s\\n%s" "$SET_REAL_IP_FROM" "$FROM_TRUSTED_PROXY"'


def folder(state: State) -> Path:
    """Return the folder of nginx's files."""
    return state.folder / "nginx"


def command(state: State) -> list[str]:
    """Return how nginx is started, its paths being relative to its folder."""
    directives = "daemon off;"
    if os.geteuid() == 0:
        directives += f" user {_owner()};"
    return [tools.nginx(), "-p", f"{folder(state)}/", "-c", "nginx.conf", "-g", directives]


def prepare(state: State, settings: Settings) -> None:
    """Render the configuration."""
    target = folder(state)
    shutil.rmtree(target / "conf.d", ignore_errors=True)
    shutil.copyfile(SOURCE / "nginx.conf", target / "nginx.conf")
    values = _values(state, settings)
    for templates in (SOURCE / "templates", SOURCE / _variant(settings)):
        for template in sorted(templates.rglob("*.template")):
            rendered = render(template.read_text(encoding="utf-8"), values)
            file = target / "conf.d" / template.relative_to(templates).with_suffix("")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(rendered, encoding="utf-8")
    _let_workers_in(state.folder, target)


def render(template: str, values: Mapping[str, str]) -> str:
    """Replace ${NAME} where NAME has a value, as the official image's start script does."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def trusted_proxies(proxies: str) -> dict[str, str]:
    """Return what the templates have of the proxies before this one.

    Raises:
        SettingError: One is neither an address nor a range.
    """
    done = subprocess.run(
        ["sh", "-c", READ_TRUSTED_PROXIES, "sh", str(SOURCE / "trusted_proxies.envsh")],
        env={**os.environ, "TRUSTED_PROXIES": proxies},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SettingError(done.stderr.strip())
    real_ip, geo = done.stdout.split("\n")
    return {"SET_REAL_IP_FROM": real_ip, "FROM_TRUSTED_PROXY": geo}


def _variant(settings: Settings) -> str:
    """Return the folder of what differs between development and production."""
    return "development" if frontend.has_server(settings) else "production"


def _values(state: State, settings: Settings) -> dict[str, str]:
    ports = settings.ports
    return {
        "SHOP_LISTEN": f"{LOOPBACK}:{ports['shop']}",
        "GATEWAY_UPSTREAM": f"{LOOPBACK}:{ports['gateway']}",
        "FRONTEND_UPSTREAM": f"{LOOPBACK}:{ports['web']}",
        "FRONTEND_ROOT": str(_static_files(settings)),
        "CSP_NONCE": state.password("csp-nonce"),
        **trusted_proxies(settings.trusted_proxies),
        # Every upstream here is an address, so nothing is ever asked of it.
        "NGINX_LOCAL_RESOLVERS": LOOPBACK,
    }


def _static_files(settings: Settings) -> Path:
    """Return the built web shop, or a page that says that there is none."""
    return frontend.BUILT if frontend.exists(settings) else SOURCE / "placeholder"


def _owner() -> str:
    """Return the user who owns the clone: nginx's workers must be able to read it."""
    try:
        return pwd.getpwuid(REPOSITORY.stat().st_uid).pw_name
    except KeyError:
        return "root"


def _let_workers_in(state: Path, target: Path) -> None:
    """Let nginx's workers reach its files where root starts them as the clone's owner."""
    if os.geteuid() == 0:
        owner = REPOSITORY.stat()
        for each in (state, target):
            os.chown(each, owner.st_uid, owner.st_gid)
