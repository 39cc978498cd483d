"""What no timing through the door reproduces: a generation that ends between the follower's two reads."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from deployments.schemas import ImageProgress
from serve_app.auth.key_store import Caller
from serve_app.auth.limits import Limits
from serve_app.db.tables import Generation, GenerationEvent
from serve_app.jobs.gallery import Since
from serve_app.streams import follow


async def test_nothing_follows_the_end_though_it_came_between_two_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    step = ImageProgress(index=0, step=1, num_steps=2)
    live = SimpleNamespace(previews={}, steps={0: step}, num_written=0, news=asyncio.Event())
    end = GenerationEvent(generation_id="gen_1", seq=5, status="completed", image_index=None)

    async def read(*_: object) -> Since:
        return Since(Generation(status="in_progress"), [end], None, None)

    monkeypatch.setattr(follow, "since", read)
    jobs = cast(Any, SimpleNamespace(live=lambda _: live))
    caller = Caller("key", "user", frozenset(), Limits(), is_bounded=False, is_session=False)
    follower = follow.Follower(cast(Any, None), cast(Any, None), jobs, "gen_1", caller)
    async with asyncio.timeout(5):
        assert [news async for news in follower.news()] == [end]
