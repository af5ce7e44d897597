"""Runs the commands of gateway-ms."""

from gateway.commands import app
from shopkit import commands

if __name__ == "__main__":
    commands.run(app)
