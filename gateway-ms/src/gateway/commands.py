"""The command of gateway-ms: `python -m gateway serve`."""

from gateway.settings import SERVICE, GatewaySettings
from shopkit import commands

app = commands.create(SERVICE)


@app.callback()
def gateway() -> None:
    """Keep `serve` a command. Otherwise Typer would run a single command without its name."""


@app.command()
def serve() -> None:
    """Serve HTTP requests until SIGTERM."""
    from gateway.main import serve

    serve(commands.load_settings(SERVICE, GatewaySettings))
