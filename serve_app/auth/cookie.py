"""The session's cookie, and who may send a request with it."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from deployments.errors import PermissionDenied
from serve_app.auth.session_store import SESSION_MAX

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
NAME = "emblem_session"


def read_cookie(request: Request, public_url: str) -> str | None:
    return request.cookies.get(_name(request, public_url))


def set_cookie(response: Response, request: Request, public_url: str, key: str) -> None:
    max_age_s = round(SESSION_MAX.total_seconds())
    is_secure = not _is_plain(request, public_url)
    response.set_cookie(
        _name(request, public_url), key, max_age_s, path="/", secure=is_secure, httponly=True, samesite="lax"
    )


def delete_cookie(response: Response, request: Request, public_url: str) -> None:
    is_secure = not _is_plain(request, public_url)
    response.delete_cookie(_name(request, public_url), path="/", secure=is_secure, httponly=True, samesite="lax")


def refuse_foreign_origin(request: Request, public_url: str) -> None:
    """A browser names the page that a request comes from; none but ours may change anything with the cookie."""
    origin = request.headers.get("origin", "")
    if origin.partition("://")[2] != urlsplit(_address(request, public_url)).netloc:
        message = f"a session changes things from the studio's own pages only, not from {origin[:80]!a}"
        raise PermissionDenied(message, "cross_origin_forbidden")


def client_address(request: Request) -> str:
    """Of the client itself where a proxy on this machine, which then is the peer, says what it is."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded if forwarded and peer in LOOPBACK else peer


def _name(request: Request, public_url: str) -> str:
    """With the prefix, browsers hold it to this host, to TLS and to no other path."""
    return NAME if _is_plain(request, public_url) else f"__Host-{NAME}"


def _is_plain(request: Request, public_url: str) -> bool:
    """Without TLS on this machine alone. Behind a proxy that ends TLS, the host tells."""
    address = urlsplit(_address(request, public_url))
    return address.scheme == "http" and address.hostname in LOOPBACK


def _address(request: Request, public_url: str) -> str:
    return public_url or str(request.base_url)
