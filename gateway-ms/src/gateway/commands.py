"""The command of gateway-ms: `python -m gateway serve`."""

from gateway.settings import SERVICE, GatewaySettings
from shopkit import commands

app = commands.create(SERVICE)


@app.command()
def serve() -> None:
    """Serve HTTP requests until SIGTERM."""
    from gateway.main import serve

    serve(commands.load_settings(SERVICE, GatewaySettings))
