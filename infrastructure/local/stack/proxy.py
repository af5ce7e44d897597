"""nginx, with the templates of its image rendered for this machine."""

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
# nginx's image sources this script before it renders the templates. This prints the variables that
# the script sets.
READ_TRUSTED_PROXIES = '. "$1"; printf "%s\\n%s" "$SET_REAL_IP_FROM" "$FROM_TRUSTED_PROXY"'


def folder(state: State) -> Path:
    """Return the folder of nginx's files."""
    return state.folder / "nginx"


def command(state: State) -> list[str]:
    """Return the command that starts nginx; its paths are relative to its folder."""
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
    _give_to_owner(state.folder, target)


def render(template: str, values: Mapping[str, str]) -> str:
    """Replace ${NAME} if NAME has a value, as the official image's start script does."""
    return PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


def trusted_proxies(proxies: str) -> dict[str, str]:
    """Return the template values for the trusted proxies in front of nginx.

    Args:
        proxies: Addresses and ranges, separated by commas.

    Raises:
        SettingError: An item is neither an address nor a range.
    """
    script = subprocess.run(
        ["sh", "-c", READ_TRUSTED_PROXIES, "sh", str(SOURCE / "trusted_proxies.envsh")],
        env={**os.environ, "TRUSTED_PROXIES": proxies},
        capture_output=True,
        text=True,
        check=False,
    )
    if script.returncode:
        raise SettingError(script.stderr.strip())
    real_ip, geo = script.stdout.split("\n")
    return {"SET_REAL_IP_FROM": real_ip, "FROM_TRUSTED_PROXY": geo}


def _variant(settings: Settings) -> str:
    """Return the folder of the templates that differ between development and production."""
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
        # Every upstream is an address, so nginx never resolves a name.
        "NGINX_LOCAL_RESOLVERS": LOOPBACK,
    }


def _static_files(settings: Settings) -> Path:
    """Return the folder of the built web shop, or of a placeholder page."""
    return frontend.BUILT if frontend.exists(settings) else SOURCE / "placeholder"


def _owner() -> str:
    """Return the owner of the clone, as whom nginx's workers can read it."""
    try:
        return pwd.getpwuid(REPOSITORY.stat().st_uid).pw_name
    except KeyError:
        return "root"


def _give_to_owner(state: Path, target: Path) -> None:
    """Give the folders to the clone's owner, as whom the workers run if root starts nginx."""
    if os.geteuid() == 0:
        owner = REPOSITORY.stat()
        for path in (state, target):
            os.chown(path, owner.st_uid, owner.st_gid)
