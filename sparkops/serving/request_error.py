"""An invalid request, and how it is answered: JSON in MLflow's format."""

from __future__ import annotations

from sparkops.errors import InputError

# Longest message and name in an answer, in characters: a client must not get back all that it sent.
_MAX_MESSAGE, _MAX_NAME = 1000, 200
_ERROR_CODES = {
    404: "ENDPOINT_NOT_FOUND",
    405: "ENDPOINT_NOT_FOUND",
    408: "REQUEST_TIMEOUT",
    413: "REQUEST_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
}


class RequestError(InputError):
    """An invalid request.

    Args:
        message: The problem, and what is accepted.
        status: HTTP status.
        row: Index of the invalid row, from 0.
        field: The invalid field.
    """

    def __init__(
        self, message: str, *, status: int = 400, row: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.row, self.field = status, row, field

    def to_json(self) -> dict[str, object]:
        """Return the body of the answer: code and message, with row and field where known."""
        where = {"row": self.row, "field": self.field and shorten(self.field, _MAX_NAME)}
        known = {name: value for name, value in where.items() if value is not None}
        code = _ERROR_CODES.get(self.status, "BAD_REQUEST")
        return {"error_code": code, "message": shorten(str(self)), **known}


def shorten(text: str, limit: int = _MAX_MESSAGE) -> str:
    """Return a text without its middle if it is longer than the limit."""
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2]} ... {text[-limit // 2 :]}"
