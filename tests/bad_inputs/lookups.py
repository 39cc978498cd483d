"""Ids, pages, events and the caller's own names for requests."""

from tests.bad_inputs.row import GENERATIONS, IMAGES, JSON, KEYS, request

IDS = (
    *("%2e%2e%2fx", "1;drop", "0b7e4a2e-0000-1000-8000-000000000000", "a" * 8000),
    *("%20", "*", "%f0%9f%9a%80", "gen_%00"),
)
NAMES = ("", "x" * 256, "two words", "a\tb", "\x7f")

LOOKUPS = [
    *(
        request(f"B-072 {method} {name:.20} {tail}", 404, "", method, f"{GENERATIONS}/{name}{tail}")
        for name in IDS
        for method, tail in (("GET", ""), ("DELETE", ""), ("POST", "/cancel"), ("GET", "/events"), ("GET", "/images/0"))
    ),
    *(request(f"B-072 key {name:.20}", 404, "", "DELETE", f"{KEYS}/{name}") for name in IDS),
    *(request(f"B-072 model {name:.20}", 404, "", "GET", f"/v1/models/{name}") for name in IDS),
    *(
        request(f"B-072 image {index}", 400, "invalid_value", "GET", f"{GENERATIONS}/gen_x/images/{index}",
                param="index", says=index)
        for index in ("-1", "a", "1.5", str(2**31), str(2**64))
    ),
    *(
        request(f"B-073 limit={limit}", 400, "invalid_value", path=f"{GENERATIONS}?limit={limit}", param="limit",
                says=limit)
        for limit in ("0", "-1", "101", "10001", "abc", "")
    ),
    *(
        request(f"B-073 after={cursor}", 400, "invalid_cursor", path=f"{GENERATIONS}?after={cursor}", param="after")
        for cursor in ("random", "gen_0", "'%20OR%201=1--", "%f0%9f%9a%80")
    ),
    request("B-073 after long", 400, "invalid_value", path=f"{GENERATIONS}?after={'a' * 65}", param="after"),
    request("B-073 after zero", 400, "invalid_text", path=f"{GENERATIONS}?after=%00"),
    *(
        request(f"{row} {name}", 400, "unknown_parameter", path=f"{GENERATIONS}?{name}={value}", param=name, says=name)
        for row, name, value in (
            ("B-044", "owner", "a"), ("B-074", "sort", "created_at;drop%20table"), ("B-075", "from", "0000-01-01"),
            ("B-189", "_method", "DELETE"),
        )
    ),
    request("B-076", 400, "invalid_value", path=f"{GENERATIONS}?limit=1&limit=2", param="limit", says="limit"),
    request("B-090 status", 400, "invalid_value", path=f"{GENERATIONS}?status=gone", param="status", says="gone"),
    request("B-090 model", 400, "invalid_value", path=f"{GENERATIONS}?model=sdxl", param="model", says="sdxl"),
    *(
        request(f"B-183 {event_id!r:.20}", 400, "invalid_event_id", path=f"{GENERATIONS}/gen_x/events",
                headers={"last-event-id": event_id}, param="last-event-id", says=event_id[:20])
        for event_id in ("-1", "text", "gen_other:1", "gen_x:-1", f"gen_x:{10**10}", "a" * 65)
    ),
    *(
        request(f"B-190 {name!r:.20} {path}", 400, "invalid_idempotency_key", "POST", path,
                JSON | {"idempotency-key": name}, b'{"prompt": "a"}', "idempotency-key")
        for name in NAMES for path in (GENERATIONS, IMAGES)
    ),
    request("B-190 not ascii", 400, "invalid_idempotency_key", "POST", IMAGES,
            [(b"idempotency-key", "é".encode()), (b"content-type", b"application/json")], b'{"prompt": "a"}',
            "idempotency-key"),
]  # fmt: skip
