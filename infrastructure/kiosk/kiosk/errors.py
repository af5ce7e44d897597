"""The errors that are shown without a traceback."""


class KioskError(Exception):
    """The command cannot do what it was asked to do."""
