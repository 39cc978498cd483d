"""The studio's pages have addresses of their own, which a reload or a link finds."""

import re
from pathlib import Path

from fastapi.testclient import TestClient

from serve_app.studio import PAGES
from tests.door import build_door

ROUTER = Path(__file__).parent.parent / "frontend" / "src" / "app" / "router.tsx"


def test_every_page_of_the_studio_is_served_and_nothing_else_is(tmp_path: Path) -> None:
    routed = re.findall(r'path: "/([^"]+)"', ROUTER.read_text())
    assert set(PAGES) == {page.replace("$setId", "{set_id}") for page in routed}
    (tmp_path / "studio").mkdir()
    (tmp_path / "studio" / "index.html").write_text("<title>Studio</title>")
    with TestClient(build_door(tmp_path / "data", tmp_path / "studio").api) as client:
        for page in PAGES:
            answer = client.get(f"/{page}?open=gen_1")
            assert "Studio" in answer.text and "script-src 'self'" in answer.headers["content-security-policy"]
        assert client.get("/no-such-page").status_code == 404
