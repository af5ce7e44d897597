"""The command of gateway-ms: `python -m gateway serve`."""

from gateway.settings import SERVICE, GatewaySettings
from shopkit import commands, operator_commands

app = commands.create(SERVICE)
operator_commands.add_status(app, SERVICE)


@app.command()
def serve() -> None:
    """Serve HTTP requests until SIGTERM."""
    from gateway.main import serve

    serve(commands.load_settings(SERVICE, GatewaySettings))
