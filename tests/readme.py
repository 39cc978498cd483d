"""The commands of the README and its pages, for the tests that run them as they stand there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))


def text() -> str:
    return "\n".join(page.read_text() for page in PAGES)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(), re.MULTILINE | re.DOTALL)


def command_lines() -> list[str]:
    """Every shell command, with continued lines joined."""
    joined = "".join(blocks("bash")).replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip()]


def command(start: str) -> str:
    """The one command that begins so."""
    (line,) = (line for line in command_lines() if line.startswith(start))
    return line
