"""What an uploaded file is called: kept to be shown, and never part of a path."""

import unicodedata

MAX_CHARS = 255
NAMELESS = "image"


def shown_name(sent: str) -> str:
    """Without folders, and without characters that are not seen or turn the writing round."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    visible = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    return visible.strip()[:MAX_CHARS] or NAMELESS
