"""What holds for each route, those included that nobody has thought of yet."""

import ast
import inspect
import textwrap
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from serve_app import deps
from serve_app.json_body import JsonRoute
from tests.door import Door, build_door
from tests.routes import RouteOf, all_routes, api_routes

PUBLIC = {"/", "/healthz", "/readyz", "/openapi.json", "/v1/sessions", "/v1/passwords"}
SCOPES = ("generate", "train", "admin")


OF_ANY_SCOPE = ("/v1/keys", "/v1/users/me", "/v1/sessions/current")


def scopes_of(route: RouteOf) -> tuple[str, ...]:
    if route.path.startswith(OF_ANY_SCOPE):
        return SCOPES
    if route.path.startswith("/v1/fine_tuning"):
        return ("train",)
    if route.path.startswith("/v1/files"):
        return ("generate", "train")
    return ("admin",) if route.path.startswith(("/v1/users", "/v1/admin", "/v1/model_versions")) else ("generate",)


def test_walk_sees_every_route(door: Door) -> None:
    routes = list(all_routes(door))
    documented = {(method.upper(), path) for path, methods in door.api.openapi()["paths"].items() for method in methods}
    assert documented <= {(route.method, route.path) for route in routes}
    assert len(routes) >= 21 and {route.path for route in routes} >= PUBLIC


def test_every_route_wants_a_key_but_those_that_are_for_all(client: TestClient, door: Door) -> None:
    for route in all_routes(door):
        answer = client.request(route.method, route.url(), headers={"authorization": ""})
        assert (answer.status_code == 401) == (route.path not in PUBLIC), route


@pytest.mark.parametrize("scope", SCOPES)
def test_every_route_wants_its_scope(client: TestClient, door: Door, scope: str) -> None:
    key = client.post("/v1/keys", json={"name": scope, "scopes": [scope]}).json()["key"]
    for route in all_routes(door):
        if route.path in PUBLIC:
            continue
        answer = client.request(route.method, route.url(), headers={"authorization": f"Bearer {key}"})
        assert (answer.status_code == 403) == (scope not in scopes_of(route)), route
        if answer.status_code == 403:
            assert answer.json()["error"]["code"] == "insufficient_scope"


def test_studios_files_are_for_all_and_lie_beside_the_api(tmp_path: Path) -> None:
    (tmp_path / "studio" / "v1").mkdir(parents=True)
    for name in ("index.html", "v1/models", "v1/secret.txt"):
        (tmp_path / "studio" / name).write_text("studio")
    with TestClient(build_door(tmp_path / "data", tmp_path / "studio").api) as client:
        assert client.get("/").text == "studio"
        for name in ("v1/models", "v1/secret.txt"):
            assert client.get(f"/{name}").status_code == 401


def test_no_route_blocks_the_event_loop(door: Door) -> None:
    """`async def` only where something is awaited; FastAPI runs plain `def` in a thread."""
    endpoints = {route.endpoint for _, route in api_routes(door)}
    waiting = [endpoint for endpoint in endpoints if inspect.iscoroutinefunction(endpoint)]
    assert len(waiting) >= 13
    for endpoint in waiting:
        tree = ast.parse(textwrap.dedent(inspect.getsource(endpoint)))
        assert any(isinstance(node, ast.Await) for node in ast.walk(tree)), endpoint


def test_every_body_is_read_strictly(door: Door) -> None:
    with_body = [route for _, route in api_routes(door) if route.body_field]
    assert len(with_body) >= 3
    for route in with_body:
        assert isinstance(route, JsonRoute), route.path


def test_no_dependency_takes_a_thread_of_its_own(door: Door) -> None:
    """FastAPI sends each that is no coroutine to a thread and back, which takes longer than what ours have to do."""
    wanted = [one.dependant for _, one in api_routes(door)]
    for dependant in wanted:
        wanted += dependant.dependencies
    ours = {one.call for one in wanted if getattr(one.call, "__module__", "") == deps.__name__}
    assert ours
    assert [call for call in ours if not inspect.iscoroutinefunction(call)] == []
