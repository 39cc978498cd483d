"""Renews the studio's copy of the OpenAPI document: `make openapi`."""

import json
import tempfile
from pathlib import Path

from tests.door import build_door

COPY = Path(__file__).parent.parent / "frontend" / "openapi.json"

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        COPY.write_text(json.dumps(build_door(Path(folder)).api.openapi(), indent=2) + "\n")
