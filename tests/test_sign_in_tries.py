"""Guessing passwords: it tells nothing, is bounded by name and by address, and leaves the rest of the gateway alone."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from deployments.errors import Unavailable
from serve_app.auth import passwords
from serve_app.auth.passwords import Passwords
from serve_app.auth.sign_in_tries import MAX_OF_ADDRESS, MAX_OF_NAME
from serve_app.db.tables import SignInTry
from tests.door import Door, build_door, listening
from tests.users import PASSWORD, set_password, sign_in

WRONG = "not the right one"


@pytest.fixture
def client(door: Door) -> Iterator[TestClient]:
    """The first admin has the password `PASSWORD`."""
    with TestClient(door.api, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 1)) as client:
        assert set_password(client, (door.data_dir / "admin.password-token").read_text().strip()).status_code == 204
        yield client


def pass_time(door: Door, minutes: float) -> None:
    engine = create_engine(door.database_url)
    with Session(engine) as session, session.begin():
        for row in session.query(SignInTry):
            row.created_at -= timedelta(minutes=minutes)
    engine.dispose()


def test_unknown_user_and_wrong_password_are_answered_alike_after_the_same_work(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    works: list[bool] = []

    def counted(password: str, password_hash: str | None) -> bool:
        works.append(password_hash is None)
        return right(password, password_hash)

    right = passwords._is_right
    monkeypatch.setattr(passwords, "_is_right", counted)
    answers = [sign_in(client, name, WRONG) for name in ("admin", "nobody")]
    assert works == [False, True]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json() and answers[0].json()["error"]["code"] == "invalid_credentials"
    assert set(answers[0].headers) == set(answers[1].headers)


async def test_password_of_nobody_is_hashed_like_anybodys() -> None:
    hashed = await Passwords().hash(PASSWORD)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await Passwords().is_right(PASSWORD, hashed)
    assert not await Passwords().is_right(WRONG, hashed)
    assert not await Passwords().is_right(PASSWORD, None)


def test_name_is_tried_so_often_and_not_more(client: TestClient, door: Door) -> None:
    for _ in range(MAX_OF_NAME):
        assert sign_in(client, "admin", WRONG).status_code == 401
    for password in (WRONG, PASSWORD):
        refused = sign_in(client, "Admin", password)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "login_rate_limited")
        assert 0 < int(refused.headers["retry-after"]) <= 15 * 60
    assert sign_in(client, "nobody", WRONG).status_code == 401  # another name
    pass_time(door, 15)
    assert sign_in(client, "admin").status_code == 201


def test_right_password_does_not_count(client: TestClient) -> None:
    for _ in range(MAX_OF_NAME + 2):
        assert sign_in(client, "admin").status_code == 201


def test_address_is_bounded_over_all_names_and_told_by_a_proxy_here(client: TestClient) -> None:
    def attempt(name: str, address: str) -> int:
        forwarded = {"x-forwarded-for": f"1.1.1.1, {address}"}  # the last is the proxy's own word
        return sign_in(client, name, WRONG, forwarded).status_code

    assert [attempt(f"user{turn}", "2.2.2.2") for turn in range(MAX_OF_ADDRESS)] == [401] * MAX_OF_ADDRESS
    assert attempt("another", "2.2.2.2") == 429
    assert attempt("another", "3.3.3.3") == 401


def test_hundred_guesses_at_two_replicas_have_exactly_so_many_looked_at(door: Door) -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(listening(replica.api)) for replica in (door, build_door(door.data_dir))]

        def guess(turn: int) -> int:
            with httpx.Client(base_url=urls[turn % 2], timeout=60) as http:
                return sign_in(http, "admin", WRONG).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(guess, range(60)))
    assert statuses.count(401) <= MAX_OF_NAME
    assert set(statuses) == {401, 429}


async def test_hashing_is_bounded_and_refuses_rather_than_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    may_end = threading.Event()
    monkeypatch.setattr(passwords, "_is_right", lambda *_: may_end.wait(20))
    few = Passwords(num_threads=1, max_under_way=2)
    under_way = [asyncio.create_task(few.is_right("a", None)) for _ in range(2)]
    await asyncio.sleep(0.05)
    with pytest.raises(Unavailable) as refused:
        await few.is_right("a", None)
    assert refused.value.code == "sign_in_busy"
    under_way[1].cancel()  # who hangs up while waiting makes room
    await asyncio.gather(under_way[1], return_exceptions=True)
    third = asyncio.create_task(few.is_right("a", None))
    may_end.set()
    assert await asyncio.gather(under_way[0], third) == [True, True]
