"""The studio's files, as `frontend/` builds them."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

# As in frontend/src/app/router.tsx.
PAGES = ("icons", "splash", "sets", "sets/{set_id}", "gallery", "styles", "keys", "admin", "set-password")
STUDIO_DIR = Path(__file__).parent.parent / "frontend" / "dist"


def mount_studio(app: FastAPI, folder: Path) -> None:
    """Serves the built studio at `/` and at the addresses of its pages, or says how to build it."""
    if (folder / "index.html").exists():

        def page() -> FileResponse:
            return FileResponse(folder / "index.html")

        for name in PAGES:
            app.add_api_route(f"/{name}", page, include_in_schema=False)
        app.mount("/", StaticFiles(directory=folder, html=True), name="studio")
        return

    @app.get("/", include_in_schema=False)
    def studio_is_missing() -> None:
        raise HTTPException(404, "the studio is not built: run 'make studio'; the API works without it")
