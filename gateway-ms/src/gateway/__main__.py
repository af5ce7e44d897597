"""`python -m gateway serve`."""

import argparse
import gc

from gateway.main import create_app
from gateway.settings import GatewaySettings
from shopkit.app import serve
from shopkit.telemetry import configure_logging


def main() -> None:
    """Run the command that was given."""
    parser = argparse.ArgumentParser(prog="gateway", description="The shop's gateway.")
    parser.add_argument("command", choices=["serve"])
    parser.parse_args()
    settings = GatewaySettings()
    configure_logging("gateway", settings.log_level, for_people=settings.development)
    app = create_app(settings)
    _spare_the_collector()
    serve(app, settings)


def _spare_the_collector() -> None:
    """Let the garbage collector look away from what stays, and look less often.

    A forwarded request leaves no cycles behind (measured: none in 4,000), yet with the defaults
    looking for them is a tenth of the gateway's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)


if __name__ == "__main__":
    main()
