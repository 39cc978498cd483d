"""The doctor's look at what runs: the gateway's address, the key, Ray, and each deployment."""

import re
import ssl
from dataclasses import dataclass
from typing import Any

import httpx

from serve_app.doctor.finding import Finding, broken, ok

TIMEOUT_S = 10.0
START = "make run"


@dataclass(frozen=True)
class Addresses:
    url: str
    api_key: str  # empty when none was found
    dashboard_url: str
    ray_token: str  # empty when none was found


def check_gateway(at: Addresses) -> Finding:
    try:
        answer = httpx.get(f"{at.url}/healthz", timeout=TIMEOUT_S)
    except httpx.TransportError as error:
        return _no_connection(at.url, error)
    if not _is_healthy(answer):
        cause = "another program has this port, or a proxy in front points elsewhere"
        return broken("gateway", f"{at.url} answers HTTP {answer.status_code}, not as Emblem", cause, _who(at.url))
    return ok("gateway", f"{at.url} answers, version {answer.json()['version']}")


def check_key(at: Addresses) -> Finding:
    if not at.api_key:
        cause = "EMBLEM_API_KEY is not set and this data folder has no admin.key"
        return broken("key", "no API key", cause, "export EMBLEM_API_KEY=<key>")
    try:
        headers = {"authorization": f"Bearer {at.api_key}"}
        status = httpx.get(f"{at.url}/v1/models", headers=headers, timeout=TIMEOUT_S).status_code
    except (httpx.TransportError, UnicodeEncodeError) as error:
        return broken("key", f"not checked: {error}", "the gateway does not answer", START)
    if status == 401:
        cause = "mistyped, revoked, expired, or of another server (another data folder or server secret)"
        return broken("key", "HTTP 401: the key is not valid here", cause, "emblem keys create <name>")
    if status == 403:
        cause = "it was made without this scope"
        return broken("key", "HTTP 403: the key lacks the scope generate", cause, "emblem keys create <name>")
    return ok("key", "accepted") if status == 200 else broken("key", f"HTTP {status}", "see the gateway's log", START)


def check_ray(at: Addresses) -> Finding:
    try:
        answer = _dashboard(at, "/api/version")
    except httpx.TransportError:
        cause = "no Ray cluster here, or its dashboard has another port (set RAY_API_SERVER_ADDRESS)"
        return broken("ray", f"nothing answers at {at.dashboard_url}", cause, START)
    if answer.status_code in (401, 403):
        cause = "the cluster wants its token: RAY_AUTH_TOKEN_PATH or RAY_AUTH_TOKEN is missing or another cluster's"
        return broken("ray", f"HTTP {answer.status_code} from {at.dashboard_url}", cause, "ray get-auth-token")
    return ok("ray", f"{at.dashboard_url} answers, version {answer.json().get('ray_version', '?')}")


def check_deployments(at: Addresses) -> list[Finding]:
    """One finding for each deployment that Serve knows."""
    try:
        answer = _dashboard(at, "/api/serve/applications/")
        applications = answer.json()["applications"] if answer.is_success else {}
    except (httpx.TransportError, ValueError, KeyError):
        applications = {}
    deployments = [
        (name, deployment)
        for application in applications.values()
        for name, deployment in application["deployments"].items()
    ]
    if deployments:
        return [_deployment(name, deployment) for name, deployment in deployments]
    failures = "; ".join(application["message"] for application in applications.values() if application["message"])
    if failures:
        return [broken("deployments", failures[-300:], _cause(failures), "serve status")]
    return [broken("deployments", "Serve has none", "the graph was not started, or Ray does not answer", START)]


def _deployment(name: str, deployment: dict[str, Any]) -> Finding:
    states = [replica["state"] for replica in deployment.get("replicas", [])]
    if deployment["status"] == "HEALTHY" and "RUNNING" in states:
        return ok(name, f"{states.count('RUNNING')} replica(s) running")
    message = " ".join(deployment.get("message", "").split())[-300:]
    detail = f"{deployment['status'].lower()}, replicas: {', '.join(states).lower() or 'none'}. {message}".strip()
    return broken(name, detail, _cause(message), "serve status")


def _cause(message: str) -> str:
    """The likely cause, read from what Serve says."""
    causes = {
        r"out of memory|OutOfMemory|OOM": "out of (GPU) memory: lower max_replicas or the GPU shares per device",
        r"resource|pending|scheduled|num_gpus": "no node has the CPUs or the GPU share that it wants: see 'ray status'",
        r"ModelFolderError|model folder|manifest": "its model does not load: 'emblem models pull' and see the log",
        r"health check": "its step loop is stuck or its process is gone; Serve is replacing it",
    }
    matching = [cause for pattern, cause in causes.items() if re.search(pattern, message, re.IGNORECASE)]
    return matching[0] if matching else "it is starting, or it crashed: its log says which"


def _no_connection(url: str, error: httpx.TransportError) -> Finding:
    if _is_about_tls(error):
        cause = "TLS: the address says https and the server does not speak it, or its certificate is not trusted"
        return broken("gateway", f"{url}: {error}", cause, "export EMBLEM_URL=http://127.0.0.1:8000")
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        cause = "a server that wants https, or no HTTP server at all, has this port"
        return broken("gateway", f"{url}: {error}", cause, _who(url))
    cause = "Emblem is not running, is still starting, or EMBLEM_URL has the wrong address or port"
    return broken("gateway", f"{url}: {error}", cause, START)


def _is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError) or "SSL" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_healthy(answer: httpx.Response) -> bool:
    try:
        return answer.json()["status"] == "ok" and "version" in answer.json()
    except (ValueError, KeyError, TypeError):
        return False


def _who(url: str) -> str:
    return f"ss -ltnp 'sport = :{httpx.URL(url).port or 80}'"


def _dashboard(at: Addresses, path: str) -> httpx.Response:
    headers = {"authorization": f"Bearer {at.ray_token}"} if at.ray_token else {}
    return httpx.get(f"{at.dashboard_url}{path}", headers=headers, timeout=TIMEOUT_S)
