"""What may be drawn: blocked, marked for review, or refused because nobody can say."""

import asyncio
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from deployments.model_folder import write_manifest
from serve_app.app import build_app
from serve_app.moderation.verdict import Verdict
from serve_app.moderation.word_list import DEFAULT_WORDS, WordList, WordListError
from serve_app.settings import AppArgs
from tests.door import Door, build_door
from tests.generations import submit
from tests.pictures import png
from tests.test_audit import entries
from train.starter.subjects import load_subjects

BLOCKED = [
    "a hentai rocket", "HENTAI", "ｈｅｎｔａｉ", "hen\u200btai", "h\u00ade\u2060ntai", "h\u0336entai", "𝔥𝔢𝔫𝔱𝔞𝔦!",
    "child   porn", "child-porn", "child_\nporn", "a \u202ehentai\u202c rocket",
]  # fmt: skip
DRAWING = {
    "create_images": ("/v1/images/generations", "json"),
    "create_generation": ("/v1/generations", "json"),
    "create_edits": ("/v1/images/edits", "data"),
    "create_variations": ("/v1/images/variations", "data"),
}


class Slow:
    async def judge(self, text: str) -> Verdict:
        await asyncio.sleep(60)
        return Verdict("allow", text)


class Broken:
    async def judge(self, text: str) -> Verdict:
        raise RuntimeError(f"a secret detail of {text}")


@pytest.mark.parametrize("name", DRAWING)
@pytest.mark.parametrize("param", ["prompt", "negative_prompt"])
def test_blocked_prompt_is_refused_by_name_and_costs_nothing(
    client: TestClient, door: Door, name: str, param: str
) -> None:
    path, how = DRAWING[name]
    body = {"prompt": "white rocket", param: "a porn rocket"}
    files = {"image": ("logo.png", png(), "image/png")} if how == "data" else None
    answer = client.post(path, files=files, json=body if how == "json" else None, data=body if how == "data" else None)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "content_policy_violation", param)
    assert client.get("/v1/generations").json()["data"] == client.get("/v1/files").json()["data"] == []
    assert client.get("/v1/usage").json()["data"] == [] and not door.services["icon"].requests
    (entry,) = entries(client, outcome="content_policy_violation")
    assert entry["action"] == name


def test_prompt_of_a_region_is_judged_too(client: TestClient, door: Door) -> None:
    regions = [{"box": [0, 0, 1, 0.5], "prompt": "sky"}, {"box": [0, 0.5, 1, 0.5], "prompt": "a porn rocket"}]
    answer = client.post("/v1/generations", json={"prompt": "sea", "model": "splash", "layout": {"regions": regions}})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, "layout.regions.1.prompt")
    assert error["code"] == "content_policy_violation" and not door.services["splash"].requests


@pytest.mark.parametrize("text", BLOCKED)
async def test_spellings_of_a_word_are_one(text: str) -> None:
    assert (await WordList.read(DEFAULT_WORDS).judge(text)).decision == "block"


def test_weights_in_a_prompt_hide_nothing(client: TestClient) -> None:
    for prompt in ("(hen:1.2)(tai:0.5)", "white (rocket:1.1) (hentai:1)"):
        answer = client.post("/v1/generations", json={"prompt": prompt, "dry_run": True})
        assert answer.json()["error"]["code"] == "content_policy_violation"


async def test_words_within_words_and_the_starters_subjects_are_drawn() -> None:
    words = WordList.read(DEFAULT_WORDS)
    for text in ("grape", "Nudel", "a shotgun of colours", *(subject.name for subject in load_subjects())):
        assert (await words.judge(text)).decision == "allow", text


def test_what_is_to_be_reviewed_is_drawn_and_marked(client: TestClient) -> None:
    job = submit(client, prompt="a naked mole rat")
    submit(client)
    (entry,) = entries(client, outcome="review")
    assert (entry["action"], entry["object_id"]) == ("create_generation", job["id"])
    assert "naked" not in str(entries(client))


@pytest.mark.parametrize("policy", [Slow(), Broken()])
def test_without_a_verdict_nothing_is_drawn(tmp_path: Path, policy: Slow | Broken) -> None:
    door = build_door(tmp_path, policy=policy)
    with TestClient(door.api, raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        answer = client.post("/v1/images/generations", json={"prompt": "white rocket"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "policy_unavailable")
        assert answer.headers["retry-after"] == "5" and "secret" not in answer.text
        assert client.get("/v1/generations").json()["data"] == [] and not door.services["icon"].requests


@pytest.mark.parametrize("content", [None, b"hentai\n", b"block:\n", b"review: \xe2\x80\x8b\n", b"\xff\xfe"])
def test_nothing_starts_without_a_policy_that_can_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "words.txt"
    if content is not None:
        path.write_bytes(content)
    (tmp_path / "models" / "starter").mkdir(parents=True)
    write_manifest(tmp_path / "models" / "starter", name="starter", weights="random", source="a test")
    with pytest.raises(WordListError, match=r"words\.txt"):
        build_app(AppArgs(data_dir=tmp_path, moderation_words_path=path))
