"""The commands of orders-ms: `python -m orders COMMAND ...`."""

from orders.settings import SERVICE, OrdersSettings
from shopkit import commands

COMMANDS = {
    "serve": "orders.main:serve",
    "migrate": "orders.migrations:migrate",
    "seed": "orders.seed:seed",
    "topics": "shopkit.contract.topics:make_topics",
    "reconcile": "orders.commands:reconcile",
    "rebuild": "orders.commands:rebuild",
}


def main() -> None:
    """Run the commands that the arguments name."""
    commands.run(SERVICE, OrdersSettings(), COMMANDS)


if __name__ == "__main__":
    main()
