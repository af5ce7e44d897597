"""The commands of products-ms: `python -m products COMMAND ...`."""

from products.settings import SERVICE, ProductsSettings
from shopkit import commands

COMMANDS = {
    "serve": "products.main:serve",
    "migrate": "products.migrations:migrate",
    "seed": "products.seed:seed",
}


def main() -> None:
    """Run the commands that the arguments name."""
    commands.run(SERVICE, ProductsSettings(), COMMANDS)


if __name__ == "__main__":
    main()
