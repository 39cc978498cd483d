"""The whole graph on a real Ray cluster: from `emblem run` to an image, through a crash, to the end."""

import base64
import hashlib
import io
import json
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import psutil
import pytest
from PIL import Image

from tests.graph import ROOT, Graph, draw, emblem, printed_curl_line, running_graph, wait_for
from tests.readme import blocks, command

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def data_dir(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("graph") / "var"
    folder.mkdir()
    (folder / "models").symlink_to(models_dir)
    return folder


@pytest.fixture(scope="module")
def graph(data_dir: Path) -> Iterator[Graph]:
    with running_graph(data_dir) as graph:
        yield graph


def format_and_size(path: Path) -> tuple[str | None, tuple[int, int]]:
    with Image.open(path) as image:
        return image.format, image.size


def test_first_start_tells_its_stages_and_prints_the_admin_key_once(graph: Graph) -> None:
    for line in ("starting Ray", "Gateway: healthy", "Icon: healthy", "Splash: healthy", "Studio", "API docs"):
        assert line in graph.output
    assert graph.output.count(graph.key) == 1
    assert stat.S_IMODE((graph.data_dir / "admin.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((graph.data_dir / "ray.token").stat().st_mode) == 0o600


def test_printed_curl_line_works_as_printed(graph: Graph) -> None:
    answer = subprocess.run(["bash", "-c", printed_curl_line(graph.output)], capture_output=True, text=True)
    assert '"url":"http' in answer.stdout, answer


def test_images_have_the_asked_size_repeat_by_seed_and_differ_by_prompt(graph: Graph) -> None:
    icon = draw(graph, seed=1)
    assert icon.shape == (256, 256, 3)
    assert draw(graph, model="splash", size="192x352").shape == (352, 192, 3)
    assert np.array_equal(icon, draw(graph, seed=1))
    for other in (draw(graph, seed=2), draw(graph, seed=1, prompt="green leaf")):
        assert np.abs(icon - other).mean() > 2


def test_cli_draws_and_manages_keys(graph: Graph, tmp_path: Path) -> None:
    shell(graph, tmp_path, command("emblem icon"))
    shell(graph, tmp_path, command("emblem splash"))
    assert format_and_size(tmp_path / "sea.png") == ("PNG", (352, 192))
    assert format_and_size(tmp_path / "rocket.png") == ("PNG", (256, 256))
    emblem(graph, "splash", "calm sea", "-o", str(tmp_path / "sea.webp"), "-n", "2", "--size", "96x96")
    assert [format_and_size(tmp_path / f"sea-{n}.webp") for n in (1, 2)] == [("WEBP", (96, 96))] * 2
    key = emblem(graph, "keys", "create", "ci", "--expires-in-days", "1").strip()
    listed = emblem(graph, "keys", "list")
    key_id = key.split("_")[1]
    assert key_id in listed and key not in listed
    emblem(graph, "keys", "revoke", key_id)
    assert httpx.get(f"{graph.url}/v1/models", headers={"authorization": f"Bearer {key}"}).status_code == 401


def test_readmes_curl_and_python_work_as_they_stand(graph: Graph, tmp_path: Path) -> None:
    assert '"url":"http' in shell(graph, tmp_path, command("curl -s"))
    (tmp_path / "example.py").write_text(blocks("python")[0])
    shell(graph, tmp_path, "python example.py")
    assert format_and_size(tmp_path / "rocket-1.png") == ("PNG", (256, 256))
    assert format_and_size(tmp_path / "rocket-red.png") == ("PNG", (256, 256))


def shell(graph: Graph, folder: Path, line: str) -> str:
    variables = graph.environment | {"EMBLEM_API_KEY": graph.key}
    done = subprocess.run(["bash", "-c", line], env=variables, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_request_id_is_followed_through_the_logs_of_gateway_and_icon(graph: Graph) -> None:
    with graph.client() as client:
        body = {"prompt": "leaf", "quality": "low"}
        response = client.post("/v1/images/generations", json=body, headers={"x-request-id": "follow-me-1"})
    assert response.headers["x-request-id"] == "follow-me-1"
    line = command("grep").replace("$REQUEST_ID", "follow-me-1").replace("/tmp/ray/session_latest", session_dir(graph))
    found = shell(graph, ROOT, line)
    assert "emblem_Gateway" in found and "emblem_Icon" in found and "emblem_Splash" not in found


def session_dir(graph: Graph) -> str:
    for process in graph.processes():
        for word in process.cmdline():
            if match := re.search(r"(/\S*/session_[^/]+)/logs", word):
                return match[1]
    raise AssertionError("no Ray session found")


def test_a_mistake_that_only_the_engine_can_see_is_the_callers(graph: Graph) -> None:
    with graph.client() as client:
        answer = client.post("/v1/images/generations", json={"prompt": "a (red:9) leaf", "quality": "low"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("invalid_prompt_weight", "prompt")
    assert "9" in error["message"]


def test_gateway_has_no_torch_and_memory_is_in_bounds(graph: Graph) -> None:
    (gateway,), (icon,) = graph.replicas("Gateway"), graph.replicas("Icon")
    assert not [region.path for region in gateway.memory_maps() if "libtorch" in region.path]
    assert [region.path for region in icon.memory_maps() if "libtorch" in region.path]
    # PSS: how many pages of library files a process maps is the kernel's choice (97 to 146 MB seen for one build)
    assert gateway.memory_full_info().pss <= 300e6
    assert icon.memory_full_info().pss <= 1.2e9


def test_nothing_listens_to_the_world(graph: Graph) -> None:
    ports = {int(url.rsplit(":", 1)[1]) for url in (graph.url, graph.dashboard_url)}
    listening = {
        connection.laddr
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port in ports
    }
    assert {(address.ip, address.port) for address in listening} == {("127.0.0.1", port) for port in ports}
    assert httpx.get(f"{graph.dashboard_url}/api/jobs/").status_code == 401  # Ray's own token


def test_killed_icon_is_missed_by_readiness_and_the_next_request_is_answered(graph: Graph) -> None:
    (icon,) = graph.replicas("Icon")
    icon.send_signal(signal.SIGKILL)
    answers: list[dict[str, Any]] = []

    def told_the_truth() -> bool:
        answer = httpx.get(f"{graph.url}/readyz", timeout=30)
        answers.append(answer.json())
        return answer.status_code == 503

    wait_for(told_the_truth, 30)
    assert answers[-1]["deployments"]["icon"]["ready"] is False
    assert answers[-1]["deployments"]["splash"]["ready"] is True
    assert draw(graph, model="splash", size="96x96").shape == (96, 96, 3)  # meanwhile
    assert draw(graph).shape == (256, 256, 3)  # waits for the new replica
    assert httpx.get(f"{graph.url}/readyz", timeout=30).status_code == 200
    assert graph.replicas("Icon") != [icon]


def test_request_whose_replica_dies_is_run_again(graph: Graph) -> None:
    with graph.client() as client, ThreadPoolExecutor() as pool:
        body = {"prompt": "leaf", "num_inference_steps": 100, "seed": 3, "model": "splash"}
        pending = pool.submit(client.post, "/v1/images/generations", json=body)
        time.sleep(1.5)
        assert not pending.done()
        graph.replicas("Splash")[0].send_signal(signal.SIGKILL)
        response = pending.result(timeout=120)
    assert response.status_code == 200, response.text


def test_accepted_generation_ends_once_though_its_gateway_is_killed(graph: Graph) -> None:
    with graph.client() as client:
        body = {"prompt": "leaf", "num_inference_steps": 100, "seed": 4, "model": "splash", "n": 2}
        job = client.post("/v1/generations", json=body).raise_for_status().json()
        graph.replicas("Gateway")[0].send_signal(signal.SIGKILL)

        def status() -> str | None:
            with suppress(httpx.TransportError):
                answer = client.get(f"/v1/generations/{job['id']}")
                if answer.is_success:
                    return str(answer.json()["status"])
            return None

        wait_for(lambda: status() == "completed", 120)
        done = client.get(f"/v1/generations/{job['id']}").json()
        assert [image["seed"] for image in done["images"]] == [4, 5]
        for image in done["images"]:
            content = client.get(httpx.URL(image["url"]).path).content
            assert hashlib.sha256(content).hexdigest() == image["sha256"]


def test_previews_of_the_engine_reach_the_openai_client(graph: Graph) -> None:
    with openai.OpenAI(base_url=f"{graph.url}/v1", api_key=graph.key) as client:
        stream = client.images.generate(model="icon", prompt="leaf", stream=True, partial_images=2)
        *partial, last = list(stream)
    assert partial and last.type == "image_generation.completed"
    for event in (*partial, last):
        picture = Image.open(io.BytesIO(base64.b64decode(event.b64_json)))
        assert event.size == f"{picture.width}x{picture.height}" == "256x256"


@pytest.mark.parametrize("is_stream", [False, True])
def test_caller_that_hangs_up_stops_its_image(graph: Graph, is_stream: bool) -> None:
    body = {
        "prompt": f"hang up {is_stream}",
        "num_inference_steps": 100,
        "model": "splash",
        "n": 10,
        "stream": is_stream,
    }
    caller = HTTPConnection(graph.url.removeprefix("http://"))
    headers = {"authorization": f"Bearer {graph.key}", "content-type": "application/json"}
    caller.request("POST", "/v1/images/generations", json.dumps(body), headers)
    wait_for(lambda: graph.newest() == (body["prompt"], "in_progress"), 20, interval_s=0.05)
    caller.close()
    wait_for(lambda: graph.newest() == (body["prompt"], "cancelled"), 30)


def test_sigterm_stops_all_that_was_started_and_a_second_start_keeps_all_data(graph: Graph) -> None:
    """Last of this module: it ends the graph that the others used."""
    with graph.client() as client:
        body = {"prompt": "leaf", "quality": "low", "response_format": "url"}
        path = httpx.URL(client.post("/v1/images/generations", json=body).json()["data"][0]["url"]).path
        content = client.get(path).content
    bystander = subprocess.Popen(["sleep", "600"])
    started = graph.processes()
    assert len(started) > 10
    graph.process.send_signal(signal.SIGTERM)
    graph.process.wait(60)
    wait_for(lambda: not any(process.is_running() for process in started), 20)
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()

    started_s = time.monotonic()
    with running_graph(graph.data_dir, start=tuple(command("make run").split())) as again:
        assert time.monotonic() - started_s < 60
        assert graph.key not in again.output
        with again.client() as client:
            assert client.get(path).content == content
