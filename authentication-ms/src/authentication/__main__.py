"""Runs the commands of authentication-ms."""

from authentication.commands import app
from shopkit import commands

if __name__ == "__main__":
    commands.run(app)
