"""`emblem` as a person types it, against a real socket with fake services behind it."""

import json
import shlex
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from deployments.errors import Unavailable
from deployments.model_folder import read_manifest
from serve_app.hub import SDXL_SOURCES
from tests.door import Door, listening
from tests.generations import submit, until
from tests.graph import BIN, environment, free_port
from tests.hub_server import serve_hub
from tests.icons import container_icon
from tests.readme import command
from tests.users import set_password, sign_in


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    with listening(door.api) as url:
        yield url


def emblem(door: Door, url: str, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "emblem", *args], env=environment(door.data_dir) | {"EMBLEM_URL": url} | variables,
        capture_output=True, text=True, cwd=door.data_dir, timeout=60,
    )  # fmt: skip


def test_icon_and_splash_write_files_of_the_asked_kind(door: Door, url: str) -> None:
    done = emblem(door, url, "icon", "white rocket", "--seed", "5")
    assert done.returncode == 0 and "seed 5" in done.stderr
    with Image.open(door.data_dir / "icon.png") as image:
        assert (image.format, image.size) == ("PNG", (256, 256))
    done = emblem(door, url, "splash", "sea", "-o", "out.jpg", "-n", "2", "--size", "96x64", "--negative", "red")
    assert done.returncode == 0, done.stderr
    for name in ("out-1.jpg", "out-2.jpg"):
        with Image.open(door.data_dir / name) as image:
            assert (image.format, image.size) == ("JPEG", (96, 64))
    assert door.services["splash"].requests[0].negative_prompt == "red"


def test_keys_are_made_listed_and_revoked(door: Door, url: str) -> None:
    made = emblem(door, url, "keys", "create", "ci", "--scope", "generate", "--scope", "train")
    key = made.stdout.strip()
    assert key.startswith("emb_") and "not shown again" in made.stderr
    assert emblem(door, url, "icon", "a", EMBLEM_API_KEY=key).returncode == 0
    revoked = emblem(door, url, "keys", "revoke", key.split("_")[1])
    assert revoked.returncode == 0
    listed = emblem(door, url, "keys", "list", COLUMNS="80").stdout
    assert "revoked" in listed and key.split("_")[1] in listed
    refused = emblem(door, url, "icon", "a", EMBLEM_API_KEY=key)
    assert (refused.returncode, "was revoked (HTTP 401)" in refused.stderr) == (1, True)


def test_readmes_key_has_the_limits_that_it_names(door: Door, url: str) -> None:
    made = emblem(door, url, *shlex.split(command("emblem keys create"))[1:])
    assert made.returncode == 0, made.stderr
    listed = emblem(door, url, "keys", "list", COLUMNS="250").stdout
    assert "60 requests per minute, 120 images per minute, 4 concurrent generations" in listed


def test_users_are_made_with_the_readmes_command_listed_and_disabled(door: Door, url: str) -> None:
    made = emblem(door, url, *shlex.split(command("emblem users create"))[1:])
    assert made.returncode == 0, made.stderr
    with httpx.Client(base_url=url) as http:
        assert set_password(http, made.stdout.strip()).status_code == 204
        assert sign_in(http, "ada@example.com").status_code == 201
        disabled = emblem(door, url, "users", "disable", "ada")
        assert (disabled.returncode, disabled.stdout) == (0, "disabled ada\n")
        assert http.get("/v1/models").json()["error"]["code"] == "account_inactive"
    listed = emblem(door, url, "users", "list", COLUMNS="120").stdout
    row = next(line for line in listed.splitlines() if "ada@example.com" in line)
    assert "ada " in row and "member" in row and "disabled" in row


def test_icons_are_exported_with_the_readmes_command_from_a_file_and_from_a_generation(door: Door, url: str) -> None:
    Image.fromarray(container_icon()).save(door.data_dir / "rocket.png")
    arguments = shlex.split(command("emblem export"))[1:]
    done = emblem(door, url, *arguments)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(door.data_dir / arguments[arguments.index("-o") + 1]) as archive:
        assert json.loads(archive.read("report.json"))["name"] == "Rocket"
        assert "ios/AppIcon.appiconset/Contents.json" in archive.namelist()
    assert "files" in done.stderr and "look at: made larger" in done.stderr
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {door.admin_key}"}) as client:
        job = until(client, submit(client, size="64x64")["id"], "completed")
    done = emblem(door, url, "export", job["id"], "--platform", "favicon", "--background", "#ffffff")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(door.data_dir / "icons.zip") as archive:
        assert set(archive.namelist()) == {"favicon/favicon.ico", "contact-sheet.png", "report.json"}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["icon", "a", "--size", "100x100"], "multiple of 32"),
        (["icon", "a", "-o", "a.gif"], "must end in"),
        (["icon", " "], "must not be blank"),
        (["keys", "create", "x", "--scope", "root"], "scopes.0"),
        (["keys", "revoke", "nobody"], "no API key 'nobody'"),
        (["users", "create", "Ada"], "name:"),
        (["users", "create", "ada", "--role", "root"], "role:"),
        (["users", "create", "admin"], "another user's"),
        (["users", "disable", "nobody"], "no user 'nobody'"),
        (["users", "disable", "admin"], "the last admin"),
        (["export", "missing.png"], "no file missing.png"),
        (["export", "gen_none"], "no image 0 of generation 'gen_none'"),
    ],
)
def test_mistakes_end_in_one_line_and_no_traceback(door: Door, url: str, args: list[str], words: str) -> None:
    done = emblem(door, url, *args)
    assert done.returncode == 1
    assert words in done.stderr and "Traceback" not in done.stderr


def test_server_that_is_full_absent_or_foreign_is_told(door: Door, url: str) -> None:
    door.services["icon"].failure = Unavailable("icon is at its limit")
    assert "at its limit (HTTP 503)" in emblem(door, url, "icon", "a").stderr
    assert "emblem doctor" in emblem(door, f"http://127.0.0.1:{free_port()}", "icon", "a").stderr


def test_without_any_key_it_says_where_it_looked(door: Door, url: str, tmp_path: Path) -> None:
    done = emblem(door, url, "icon", "a", EMBLEM_DATA_DIR=str(tmp_path / "empty"))
    assert done.returncode == 1 and "EMBLEM_API_KEY" in done.stderr


def test_model_is_pulled_with_the_readmes_command_and_listed(door: Door, url: str) -> None:
    repos = {source.repo_id: {name: name.encode() for name in source.files} for source in SDXL_SOURCES}
    with serve_hub(repos) as hub:
        done = emblem(door, url, *command("emblem models pull").split()[1:], HF_ENDPOINT=hub.url)
        assert done.returncode == 0, done.stderr
    version = read_manifest(door.data_dir / "models" / "sdxl").version
    assert version in done.stderr
    listed = emblem(door, url, "models", "list", COLUMNS="200").stdout
    assert version in listed and "complete" in listed
    assert "no model 'x'" in emblem(door, url, "models", "pull", "x").stderr
    absent = emblem(door, url, "models", "pull", "sdxl", HF_ENDPOINT="http://127.0.0.1:1")
    assert (absent.returncode, "pulling sdxl from" in absent.stderr) == (1, True)


def test_run_refuses_a_taken_port(door: Door, url: str) -> None:
    done = emblem(door, url, "run", "--port", url.rsplit(":", 1)[1])
    assert done.returncode == 1 and "is taken" in done.stderr
