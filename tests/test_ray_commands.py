"""Ray's own commands, as the README writes them, on a cluster that `ray start` has made."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from serve_app.doctor.service import Addresses, check_deployments, check_ray
from tests.graph import ROOT, environment, free_port, wait_for
from tests.readme import command
from tests.s3_server import content, objects

pytestmark = pytest.mark.ray

CPUS = "--num-cpus=8"
DISCOVERY = "prom_metrics_service_discovery.json"
GPU = "--num-gpus=1"  # Ray only counts: a share of it can be had without there being one


@dataclass(frozen=True)
class Cluster:
    variables: dict[str, str]
    dashboard_url: str
    url: str
    data_dir: Path
    image_store_url: str

    def command(self, *words: str) -> str:
        done = subprocess.run(
            words, env=self.variables, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self) -> dict[str, Any]:
        loaded: dict[str, Any] = yaml.safe_load(self.command(*command("serve status").split()))
        return loaded

    def findings(self) -> dict[str, tuple[str, str]]:
        token = Path(self.variables["RAY_AUTH_TOKEN_PATH"]).read_text().strip()
        at = Addresses(self.url, "", self.dashboard_url, token)
        assert check_ray(at).state == "ok"
        return {finding.subject: (finding.state, finding.cause) for finding in check_deployments(at)}

    def generate(self, **fields: object) -> httpx.Response:
        body = {"prompt": "leaf", "quality": "low", "response_format": "url", **fields}
        return httpx.post(f"{self.url}/v1/images/generations", json=body, headers=self.headers, timeout=120)

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {(self.data_dir / 'admin.key').read_text().strip()}"}

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=30).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def cluster(models_dir: Path, s3_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A head node with one GPU that Ray counts; its files in a folder of its own, apart from any other cluster."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "var").mkdir()
    (folder / "var" / "models").symlink_to(models_dir)
    dashboard_port, port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="ray-") as short:  # the paths of Ray's sockets have a length limit
        variables = environment(folder / "var") | {
            "RAY_TMPDIR": short,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(folder / "token"),
            "RAY_ADDRESS": f"127.0.0.1:{free_port()}",
            "RAY_API_SERVER_ADDRESS": f"http://127.0.0.1:{dashboard_port}",
            "RAY_DASHBOARD_ADDRESS": f"http://127.0.0.1:{dashboard_port}",
            "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "30",
            "METRICS_PORT": str(free_port()),
        }
        (folder / "token").write_text("a-token-of-32-characters-or-more-0123")
        started = Cluster(
            variables, variables["RAY_API_SERVER_ADDRESS"], f"http://127.0.0.1:{port}", folder / "var",
            f"{s3_url}/served",
        )  # fmt: skip
        with ray_head(variables, dashboard_port):
            yield started


@contextmanager
def ray_head(variables: dict[str, str], dashboard_port: int) -> Iterator[None]:
    without_address = {name: value for name, value in variables.items() if name != "RAY_ADDRESS"}
    port = variables["RAY_ADDRESS"].rpartition(":")[2]
    log_path = Path(variables["RAY_TMPDIR"]) / "ray-start.log"
    with log_path.open("w") as log:
        head = subprocess.Popen(
            ["ray", "start", "--head", "--block", f"--port={port}", "--node-ip-address=127.0.0.1", CPUS, GPU,
             "--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard_port}", "--object-store-memory=200000000",
             f"--metrics-export-port={variables['METRICS_PORT']}"],
            env=without_address, start_new_session=True, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{dashboard_port}") or head.poll() is not None, 60)
        assert head.poll() is None, log_path.read_text()
        yield
    finally:
        family = psutil.Process(head.pid).children(recursive=True) if head.poll() is None else []
        head.send_signal(signal.SIGTERM)
        for process in psutil.wait_procs(family, timeout=20)[1]:
            with suppress(psutil.NoSuchProcess):  # it may have ended just now
                process.kill()
        head.wait(30)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code < 500
    except httpx.TransportError:
        return False


def starter_config(cluster: Cluster, **icon: object) -> str:
    """serve_config.yaml as it stands, for the starter model, this folder and an S3, with changes to Icon."""
    config = yaml.safe_load((ROOT / "serve_config.yaml").read_text())
    config["http_options"]["port"] = int(cluster.url.rpartition(":")[2])
    application = config["applications"][0]
    application["args"] = {
        "profile": "starter", "data_dir": str(cluster.data_dir), "image_store_url": cluster.image_store_url,
    }  # fmt: skip
    for deployment in application["deployments"]:
        deployment["ray_actor_options"]["num_cpus"] = 0.5
        if deployment["name"] == "Icon":
            deployment.update(icon)
    path = cluster.data_dir / "serve_config.yaml"
    path.write_text(yaml.safe_dump(config))
    return str(path)


def test_serve_deploy_brings_up_the_production_graph_on_one_gpu(cluster: Cluster) -> None:
    deploy = command("serve deploy").replace("serve_config.yaml", starter_config(cluster))
    cluster.command(*deploy.split())
    wait_for(cluster.is_ready, 120)
    for model in ("icon", "splash"):
        response = cluster.generate(model=model)
        assert response.status_code == 200, response.text
    application = cluster.status()["applications"]["emblem"]
    assert application["status"] == "RUNNING"
    assert set(application["deployments"]) == {"Gateway", "Icon", "Splash"}
    assert {state for state, _ in cluster.findings().values()} == {"ok"}


def test_images_lie_in_s3_and_come_from_there(cluster: Cluster) -> None:
    before = objects()
    [image] = cluster.generate(model="icon").json()["data"]
    [key] = {key for key in objects() - before if not key.endswith(".webp")}
    assert key.startswith("served/") and key.endswith(".png")
    assert httpx.get(image["url"], headers=cluster.headers, timeout=30).content == content(key)
    assert not (cluster.data_dir / "images").exists()


def test_metrics_come_out_where_prometheus_is_told_to_look(cluster: Cluster) -> None:
    """After the drawings above; Ray collects every few seconds."""
    url = f"http://127.0.0.1:{cluster.variables['METRICS_PORT']}/metrics"

    def series() -> set[str]:
        return {line for line in httpx.get(url, timeout=10).text.splitlines() if line.startswith("ray_emblem_")}

    def is_told(name: str, *labels: str) -> bool:
        return any(line.startswith(f"{name}{{") and all(label in line for label in labels) for line in series())

    drawn = ('kind="splash"', 'outcome="completed"', 'deployment="Gateway"')
    wait_for(lambda: is_told("ray_emblem_generations_total", *drawn), 60, interval_s=2)
    wait_for(lambda: is_told("ray_emblem_unet_call_rows_bucket", 'kind="icon"', 'deployment="Icon"'), 60, interval_s=2)
    assert is_told("ray_emblem_http_request_seconds_bucket", 'template="/v1/images/generations"', 'le="120.0"')
    services = json.loads((Path(cluster.variables["RAY_TMPDIR"]) / "ray" / DISCOVERY).read_text())
    assert any(cluster.variables["METRICS_PORT"] in target for one in services for target in one["targets"])


def test_changing_scale_or_limits_restarts_nothing(cluster: Cluster) -> None:
    before = replica_pids(cluster)
    cluster.command("serve", "deploy", starter_config(cluster, max_ongoing_requests=17))
    wait_for(lambda: cluster.status()["applications"]["emblem"]["status"] == "RUNNING", 60)
    assert replica_pids(cluster) == before and len(before) == 3


def replica_pids(cluster: Cluster) -> set[int]:
    tree = [process for process in psutil.process_iter(["cmdline", "environ"]) if is_ours(process, cluster)]
    return {process.pid for process in tree if "ServeReplica:emblem" in " ".join(process.info["cmdline"] or [])}


def is_ours(process: psutil.Process, cluster: Cluster) -> bool:
    environ = process.info["environ"] or {}
    return bool(environ.get("RAY_TMPDIR") == cluster.variables["RAY_TMPDIR"])


def test_share_that_no_gpu_has_is_told_by_status_and_doctor(cluster: Cluster) -> None:
    options = {"num_cpus": 0.5, "num_gpus": 1.0}  # beside Splash's 0.6 there is no room for it
    cluster.command("serve", "deploy", starter_config(cluster, ray_actor_options=options))
    wait_for(lambda: "no node has" in cluster.findings().get("Icon", ("", ""))[1], 90, interval_s=2)
    response = httpx.get(f"{cluster.url}/readyz", timeout=30)
    assert (response.status_code, response.json()["deployments"]["icon"]["ready"]) == (503, False)


def test_model_that_does_not_load_is_told(cluster: Cluster) -> None:
    config = yaml.safe_load(Path(starter_config(cluster)).read_text())
    config["applications"][0]["args"]["models_dir"] = "/nowhere"
    path = cluster.data_dir / "broken.yaml"
    path.write_text(yaml.safe_dump(config))
    cluster.command("serve", "deploy", str(path))
    wait_for(lambda: cluster.status()["applications"]["emblem"]["status"] == "DEPLOY_FAILED", 90, interval_s=1)
    assert "no complete model in /nowhere/starter" in cluster.status()["applications"]["emblem"]["message"]
    assert any("model" in cause for _, cause in cluster.findings().values())


def test_serve_run_serves_until_ctrl_c(cluster: Cluster) -> None:
    cluster.command("serve", "shutdown", "-y")
    cluster.command("serve", "start", "--http-port", cluster.url.rpartition(":")[2])  # `serve run` knows 8000 only
    words = command("serve run").split()
    log_path = cluster.data_dir / "serve-run.log"
    with log_path.open("w") as log:
        process = subprocess.Popen(
            words, env=cluster.variables, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored in background jobs
        )  # fmt: skip
    try:
        wait_for(lambda: cluster.is_ready() or process.poll() is not None, 120)
        assert process.poll() is None, log_path.read_text()
        assert cluster.generate().status_code == 200
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
    assert not cluster.is_ready()
    refused = subprocess.run([*words[:-1], "profil=starter"], env=cluster.variables, cwd=ROOT, capture_output=True)
    assert refused.returncode != 0 and b"profil" in refused.stdout + refused.stderr
