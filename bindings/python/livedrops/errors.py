"""What is raised when a call could not do its job. A refusal is no error: see ``Reply.outcome``."""

from typing import ClassVar


class Error(Exception):
    """The base of all. ``message`` is one line with the value that was wrong."""

    code: ClassVar[int] = 0
    retryable: ClassVar[bool] = False
    """True when the same call may succeed later without being changed."""

    @property
    def message(self) -> str:
        return str(self)


class InvalidArgumentError(Error, ValueError):
    """Fix the call. Nothing happened."""

    code = 1


class NotFoundError(Error, LookupError):
    """What the call names does not exist. Nothing happened."""

    code = 2


class ClosedError(Error):
    """The shop was closed, or is used in a way that its contract forbids. Nothing happened."""

    code = 3


class OverloadedError(Error):
    """The queue is full. Nothing happened; retry later."""

    code = 4
    retryable = True


class UnavailableError(Error):
    """The storage cannot be written or read now. Nothing happened; retry later."""

    code = 5
    retryable = True


class OutcomeUnknownError(Error):
    """It may or may not have happened. Retry with the same idempotency key to find out."""

    code = 6
    retryable = True


class CorruptError(Error):
    """The stored data contradicts itself. Run ``livedrops verify``."""

    code = 7


class UnsupportedError(Error):
    """Written by a newer version, or support for it was not built in."""

    code = 8


class BrokenInvariantError(Error):
    """A bug in livedrops was noticed and writing stopped. Please report it."""

    code = 9


class FencedError(Error):
    """Raised by storages to the engine only: another process wrote meanwhile."""

    code = 10
    retryable = True


BY_CODE: dict[int, type[Error]] = {
    error.code: error
    for error in (InvalidArgumentError, NotFoundError, ClosedError, OverloadedError,
                  UnavailableError, OutcomeUnknownError, CorruptError, UnsupportedError,
                  BrokenInvariantError, FencedError)
}
"""What the extension module raises for a status."""
