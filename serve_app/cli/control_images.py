"""`--control` of `emblem icon` and `emblem splash`."""

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from deployments.schemas import ControlKind
from serve_app.cli.client import CliError

_KINDS: tuple[ControlKind, ...] = get_args(ControlKind)
_HELP = f"An image that the picture follows, up to four, each by its own option: {', '.join(_KINDS)}; absent: 0.8 of 2."

ControlFiles = Annotated[
    list[str] | None, typer.Option("--control", help=_HELP, metavar="KIND=FILE[:STRENGTH]"),
]  # fmt: skip


def control_choice(text: str) -> tuple[Path, dict[str, Any]]:
    """The file, and what is said of it."""
    kind, equals, rest = text.partition("=")
    if not equals or kind not in _KINDS:
        raise CliError(f"--control {text}: say KIND=FILE[:STRENGTH], KIND one of {', '.join(_KINDS)}")
    file, colon, strength = rest.rpartition(":")
    if not colon or Path(rest).is_file():
        return Path(rest), {"kind": kind}
    try:
        return Path(file), {"kind": kind, "strength": float(strength)}
    except ValueError as error:
        raise CliError(f"--control {text}: the strength is a number, got {strength!r}") from error
