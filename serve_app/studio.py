"""The studio's files, as `frontend/` builds them."""

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

STUDIO_DIR = Path(__file__).parent.parent / "frontend" / "dist"


def mount_studio(app: FastAPI, folder: Path) -> None:
    """Serves the built studio at `/`, or says how to build it."""
    if (folder / "index.html").exists():
        app.mount("/", StaticFiles(directory=folder, html=True), name="studio")
        return

    @app.get("/", include_in_schema=False)
    def studio_is_missing() -> None:
        raise HTTPException(404, "the studio is not built: run 'make studio'; the API works without it")
