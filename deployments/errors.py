"""The error tree: what can go wrong, in our own words.

EmblemError
├── InvalidRequest        the caller must change something (`param` says what)
├── AuthenticationFailed  no key, or a key that is not (or no longer) valid
├── PermissionDenied      a valid key without the scope that this needs
├── NotFound              no such thing, or not the caller's
├── Conflict              not in the state that the thing is in; asking again changes nothing
├── Expired               its deadline passed before it was begun
├── RateLimited           more than the caller may; after `retry_after_s` it may, or never when that is None
├── Unavailable           not now: full, starting or restarting; try again after `retry_after_s`
├── GenerationFailed      the engine could not make this image
└── ModelFolderError      a model folder that is missing, incomplete or altered

Which HTTP status each becomes is decided in `serve_app/api.py` and nowhere else. Every field is positional, so that the
errors survive pickling between Ray processes.
"""


class EmblemError(Exception):
    """Base of all errors that a person may see; `message` never holds a traceback or a secret."""

    def __init__(self, message: str, code: str = "error", param: str | None = None) -> None:
        super().__init__(message, code, param)
        self.message = message
        self.code = code
        self.param = param

    def __str__(self) -> str:
        return self.message


class InvalidRequest(EmblemError):
    pass


class AuthenticationFailed(EmblemError):
    pass


class PermissionDenied(EmblemError):
    pass


class NotFound(EmblemError):
    pass


class Conflict(EmblemError):
    pass


class Expired(EmblemError):
    pass


class RateLimited(EmblemError):
    """`standing` is what remains of the caller's limits, as response headers."""

    def __init__(
        self, message: str, code: str, retry_after_s: float | None, standing: dict[str, str] | None = None
    ) -> None:
        super().__init__(message, code)
        self.args = (message, code, retry_after_s, standing)
        self.retry_after_s = retry_after_s
        self.standing = standing or {}


class Unavailable(EmblemError):
    def __init__(self, message: str, code: str = "overloaded", retry_after_s: float = 2.0) -> None:
        super().__init__(message, code)
        self.args = (message, code, retry_after_s)
        self.retry_after_s = retry_after_s


class GenerationFailed(EmblemError):
    def __init__(self, message: str, code: str = "generation_failed") -> None:
        super().__init__(message, code)
        self.args = (message, code)


class ModelFolderError(EmblemError):
    def __init__(self, message: str, code: str = "model_folder") -> None:
        super().__init__(message, code)
        self.args = (message, code)
