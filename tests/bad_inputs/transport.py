"""HTTP itself, and credentials."""

from tests.bad_inputs.row import GENERATIONS, IMAGES, JSON, KEYS, BadInput, request

GOOD = b'{"prompt": "white rocket"}'
UNKNOWN_KEY = "emb_0000000000_" + "0" * 49


def authorization(name: str, status: int, code: str, *values: bytes, path: str = GENERATIONS) -> BadInput:
    return request(name, status, code, "GET", path, [(b"authorization", value) for value in values])


HTTP = [
    *(
        request(f"B-001 {host!r:.20}", 400, "invalid_host", headers=[(b"host", host)], param="host")
        for host in (b"a/b", b"x@y", b"", b"evil.example:port", b"a b", b"[::1", "ü".encode())
    ),
    request("B-001 two", 400, "invalid_host", headers=[(b"host", b"a"), (b"host", b"b")], param="host"),
    *(
        request(f"B-005 {length}", 400, "bad_request", "POST", IMAGES, [(b"content-length", length.encode())],
                param="content-length", says=length)
        for length in ("-1", "1e3", "+5", "0x10", "184467440737095516160")
    ),
    request("B-005 2^64", 413, "payload_too_large", "POST", IMAGES, {"content-length": str(2**64)}),
    request("B-007", 431, "headers_too_large", headers={"x-filler": "a" * 100_000}),
    request("B-009", 414, "uri_too_long", path=GENERATIONS + "?after=" + "a" * 65_000),
    *(
        request(f"B-010 {path}", 404, "not_found", path=path)
        for path in (
            "/v1/generations%00", "/v1/%00", "/v1/%2e%2e%2fhealthz", "/v1//generations", "/v1/\\models",
            "/%2e%2e%2f%2e%2e%2fetc/passwd", "/studio%00.js",
        )
    ),
    *(request(f"B-011 {method}", 405, "method_not_allowed", method) for method in ("TRACE", "FOO", "PATCH", "PUT")),
    request("B-012 collection", 405, "method_not_allowed", "DELETE", GENERATIONS),
    request("B-012 keys", 405, "method_not_allowed", "DELETE", KEYS),
    request("B-013", 404, "not_found", path="/v1/nothing", says="/v1/nothing"),
    request("B-013 outside", 404, "not_found", path="/nothing"),
    *(
        request(f"B-018 {encoding}", 415, "unsupported_encoding", "POST", path, JSON | {"content-encoding": encoding},
                GOOD, "content-encoding", encoding)
        for encoding in ("gzip", "br", "identity, gzip") for path in (GENERATIONS, IMAGES, KEYS)
    ),
    *(
        request(f"B-050 {media_type}", 415, "unsupported_media_type", "POST", path, {"content-type": media_type}, GOOD,
                "content-type", media_type)
        for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a")
        for path in (GENERATIONS, IMAGES, KEYS)
    ),
    request("B-050 none", 415, "unsupported_media_type", "POST", IMAGES, {}, GOOD, "content-type"),
]  # fmt: skip

COOKIE = {"cookie": "__Host-emblem_session=a"}

CREDENTIALS = [
    authorization("B-030", 401, "missing_credentials", b""),
    authorization("B-031 basic", 401, "invalid_credentials", b"Basic YTpi"),
    authorization("B-031 no value", 401, "invalid_credentials", b"Bearer"),
    authorization("B-031 blank value", 401, "invalid_credentials", b"Bearer "),
    authorization("B-031 two spaces", 401, "invalid_credentials", b"Bearer  " + UNKNOWN_KEY.encode()),
    authorization("B-032 checksum", 401, "invalid_api_key", f"Bearer {UNKNOWN_KEY}".encode()),
    authorization("B-032 prefix", 401, "invalid_api_key", b"Bearer sk-1234"),
    authorization("B-033 sql", 401, "invalid_api_key", b"Bearer 'OR(1=1)--"),
    authorization("B-033 sleep", 401, "invalid_credentials", b"Bearer ' OR (SELECT pg_sleep(5)) IS NOT NULL --"),
    authorization("B-034 megabyte", 431, "headers_too_large", b"Bearer " + b"a" * 1_000_000),
    authorization("B-034 not ascii", 401, "invalid_api_key", b"Bearer " + "é".encode() * 5),
    authorization("B-037", 400, "ambiguous_credentials", b"Bearer a", b"Bearer b"),
    request("B-049", 403, "cross_origin_forbidden", "POST", headers={"authorization": "", **COOKIE}),
    request(
        "B-049 null",
        403,
        "cross_origin_forbidden",
        "POST",
        KEYS,
        {"authorization": "", "origin": "null", **COOKIE},
        says="null",
    ),
    request("B-037 cookie", 401, "invalid_session", headers={"authorization": "", **COOKIE}),
    request("B-037 key and cookie", 401, "invalid_api_key", headers={"authorization": "Bearer sk-1234", **COOKIE}),
    request("B-038", 401, "missing_credentials", path=f"{GENERATIONS}?api_key=a", headers={"authorization": ""}),
    *(
        authorization(f"B-199 {path}", 401, "missing_credentials", b"", path=path)
        for path in ("/v1/models", KEYS, "/v1/config", "/v1/metrics")
    ),
]
