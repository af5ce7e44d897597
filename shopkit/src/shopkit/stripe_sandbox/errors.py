"""The errors of the sandbox's API."""

from typing import Any


class ApiError(Exception):
    """A request is refused."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        parameter: str = "",
        type_: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.status = status
        fields = {"type": type_, "message": message, "code": code, "param": parameter}
        self.body: dict[str, Any] = {
            "error": {name: value for name, value in fields.items() if value}
        }


class MissingError(ApiError):
    """There is no such object."""

    def __init__(self, kind: str, id_: str) -> None:
        super().__init__(404, f"No such {kind}: '{id_}'", code="resource_missing", parameter="id")
