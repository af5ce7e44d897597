"""`python -m gateway serve`."""

import argparse

from gateway.main import create_app
from gateway.settings import GatewaySettings
from shopkit.web.app import serve
from shopkit.web.telemetry import configure_logging


def main() -> None:
    """Run the command that was given."""
    parser = argparse.ArgumentParser(prog="gateway", description="The shop's gateway.")
    parser.add_argument("command", choices=["serve"])
    parser.parse_args()
    settings = GatewaySettings()
    configure_logging("gateway", settings.log_level, human_readable=settings.development)
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
