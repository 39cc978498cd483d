"""Every route that the application has, in its OpenAPI document or not."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi.routing import APIRoute, iter_route_contexts

from tests.door import Door

NOBODYS = {
    "generation_id": "gen_none", "file_id": "file_none", "index": "0", "model_id": "icon", "key_id": "none",
    "user_id": "user_none", "model_version_id": "none@00000000", "fine_tuning_job_id": "ftjob_none",
    "set_id": "set_none", "style_id": "style_none", "item_id": "item_none", "kind": "icon",
}  # fmt: skip


@dataclass(frozen=True)
class RouteOf:
    method: str
    path: str
    route: object

    def url(self, **ids: str) -> str:
        return self.path.format(**NOBODYS | ids)


def all_routes(door: Door) -> Iterator[RouteOf]:
    for found in iter_route_contexts(door.api.routes):
        for method in sorted((found.methods or set()) - {"HEAD"}):
            yield RouteOf(method, found.path or "", found.original_route)


def api_routes(door: Door) -> list[tuple[RouteOf, APIRoute]]:
    return [(one, one.route) for one in all_routes(door) if isinstance(one.route, APIRoute)]
