"""Bodies that no route reads further, and values that no field takes."""

import json

from tests.bad_inputs.row import GENERATIONS, IMAGES, JSON, BadInput, body, field, fields, image, job, key, request

BODIES = [
    *body("B-060", 400, "invalid_json", b""),
    *body("B-061 open", 400, "invalid_json", "{"),
    *body("B-061 comma", 400, "invalid_json", '{"prompt": "a",}'),
    *body("B-061 quotes", 400, "invalid_json", "{'prompt': 'a'}"),
    *body("B-061 mark", 400, "invalid_json", b"\xef\xbb\xbf" + b'{"prompt": "a", "name": "a"}'),
    *body("B-061 utf-16", 400, "invalid_json", '{"prompt": "a"}'.encode("utf-16-le")),
    *body("B-061 not utf-8", 400, "invalid_json", b'{"prompt": "\xff\xfe"}'),
    *body("B-061 rest", 400, "invalid_json", '{"prompt": "a"} {}'),
    *(row for text in ("[]", '"x"', "1", "null", "true") for row in body(f"B-062 {text}", 400, "invalid_body", text)),
    *(
        row
        for number in ("NaN", "Infinity", "-Infinity", "1e400", "-1e400")
        for row in body(f"B-063 {number}", 400, "invalid_number", f'{{"n": {number}}}', number)
    ),
    *body("B-064", 400, "duplicate_key", '{"n": 1, "n": 1000}', "'n'"),
    *body("B-064 inside", 400, "duplicate_key", '{"stream_options": {"include": [], "include": []}}', "'include'"),
    *body("B-065 lists", 400, "json_too_deep", '{"n": ' + "[" * 1_000 + "]" * 1_000 + "}"),
    *body("B-065 objects", 400, "json_too_deep", '{"n":' * 40 + "1" + "}" * 40, "32"),
    *body("B-065 unclosed", 400, "json_too_deep", "[" * 100_000),
    *body("B-066", 413, "payload_too_large", " " * (256 * 1024 + 1), "262144"),
    *body("B-067", 400, "invalid_number", '{"seed": ' + "9" * 200_000 + "}"),
    *body("B-070 half", 400, "invalid_text", '{"prompt": "\\ud800", "name": "\\ud800"}'),
    *body("B-070 zero", 400, "invalid_text", '{"prompt": "a\\u0000b", "name": "a\\u0000b"}'),
    *body("B-070 zero in a name", 400, "invalid_text", '{"a\\u0000": 1}'),
    *body("B-081 megabytes", 413, "payload_too_large", '{"prompt": "' + "a" * 10_000_000 + '"}'),
]

NOT_OFFERED = {
    "B-045": ("owner", "is_admin", "state", "cost", "id", "created_at"),
    "B-068": ("promt", "steps", "width", "height", "x" * 300),
    "B-069": ("__proto__", "constructor", "$where", "{{7*7}}"),
    "B-090": ("kind", "format"),
    "B-092": ("scheduler",),
    "B-094": ("reference_image_id",),
    "B-095": ("reference_image",),
    "B-096": ("loras",),
}

FIELDS = [
    *(
        row
        for number, names in NOT_OFFERED.items()
        for name in names
        for row in field(f"{number} {name}", "unknown_parameter", "http://169.254.169.254/")
    ),
    *fields("B-071 n", "invalid_value", "2", True, 2.5, None, [], {}),
    *fields("B-080 prompt", "invalid_value", "", "  \n\t ", "\u200b\u200d\ufeff", "\u00a0\u2003", None),
    *fields("B-081 prompt", "invalid_value", "a" * 4001),
    *fields("B-082 prompt", "invalid_value", "\u0301" * 4001, "\U0001f680" * 4001),
    *fields("B-084 n", "invalid_value", 0, -1, 11, 10**9),
    *fields("B-085 num_inference_steps", "invalid_value", 0, 61, 101, 10**9, "20"),
    *fields("B-086 guidance_scale", "invalid_value", -1, 0.5, 31, 1e308, "high"),
    *fields("B-098 lora", "invalid_value", "house", 1, None, {"id": "house"}),
    *(
        request(
            f"B-098 {adapter_id!r:.30} {path}",
            404,
            "model_not_found",
            "POST",
            path,
            JSON,
            json.dumps({"prompt": "a", "lora": [{"id": adapter_id}]}).encode(),
            "lora",
            "no style adapter",
        )
        for adapter_id in ("house", "house@00000000", "../house", "/etc/passwd", "http://169.254.169.254/", "icon")
        for path in (GENERATIONS, IMAGES)
    ),
    *fields("cache", "invalid_value", 1, "no", None),
    *fields("priority", "invalid_value", "high", 0, True),
    *fields("deadline_ms", "invalid_value", 0, -1, 1.5, "soon", 10**9),
    *fields("B-087 size", "invalid_size", "0x0", "7x7", "255x255", "1001x1001", "100000x64", f"{2**31}x64", "-64x64"),
    *fields("B-087 size", "invalid_size", "64X64", "64x64 ", "64", "", "\u0666\u0664x\u0666\u0664"),
    *fields("B-088 size", "invalid_size", "2048x2048"),
    *fields("B-089 seed", "invalid_value", -1, 2**32, 2**64, 1.5, "random"),
    *fields("B-090 output_format", "invalid_value", "gif"),
    *fields("B-090 quality", "invalid_value", "ultra"),
    *fields("B-090 output_compression", "invalid_value", -1, 101),
    *fields("B-090 partial_images", "invalid_value", -1, 4),
    *fields("B-090 background", "unsupported_value", "transparent"),
    *(
        row
        for name in ("dall-e-3", "../icon", "icon;drop", "", "ICON", "user/repo", "C:\\x")
        for row in field("B-090 model", "model_not_found", name, status=404)
    ),
    *fields("B-090 model", "invalid_value", "x" * 201),
]

WEBHOOK_FIELDS = [
    *(
        job(f"B-104 {url}", "url_not_allowed", "webhook_url", url[:20], webhook_url=url)
        for url in (
            *("http://example.com/", "ftp://example.com/", "file:///etc/passwd", "//example.com/", "example.com"),
            *("https://", "https://user:word@example.com/", "https://example.com/#part", "https://example.com:port/"),
            *("https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest/", "https://[::ffff:10.0.0.1]/"),
        )
    ),
    job("B-104 long", "invalid_value", "webhook_url", webhook_url="https://example.com/" + "a" * 2000),
    job("B-104 none", "invalid_value", "webhook_url", webhook_url=""),
]

OPENAI_FIELDS = [
    image("lora", "invalid_value", lora=[{"id": "house"}] * 5),
    image("lora.0.scale", "invalid_value", lora=[{"id": "house", "scale": 2.1}]),
    image("lora.0.path", "unknown_parameter", lora=[{"id": "house", "path": "/srv/house.safetensors"}]),
    image("webhook_url", "unknown_parameter", webhook_url="https://example.com/"),
    image("response_format", "invalid_value", response_format="file"),
    image("stream", "invalid_value", stream=1),
    image("style", "invalid_value", style=""),
    image("style", "invalid_value", style=["flat"]),
    image("partial_images", "invalid_value", partial_images=2),  # without a stream
    image("stream_options.include.0", "invalid_value", stream_options={"include": ["scores"]}),
    image("stream_options.usage", "unknown_parameter", stream_options={"usage": True}),
    image("on_disconnect", "invalid_value", on_disconnect="wait"),
    image("user", "invalid_value", user="x" * 257),
]

KEY_FIELDS: list[BadInput] = [
    key("B-045", "unknown_parameter", "owner", owner="me"),
    key("B-077", "invalid_value", "name", name=""),
    key("B-077", "invalid_value", "name", name="   "),
    key("B-077", "invalid_value", "name", name="\u200b"),
    key("B-195", "invalid_value", "name", name="x" * 300),
    key("B-195", "invalid_value", "scopes.0", scopes=["root"]),
    key("B-195", "invalid_value", "scopes", scopes=[]),
    *(key("B-195", "invalid_value", "expires_in_days", expires_in_days=days) for days in (0, -1, 3651, 2_900_000, "1")),
    *(
        key("B-198", "invalid_value", "limits.requests_per_minute", limits={"requests_per_minute": limit})
        for limit in (-1, 0, 10**18, 1.5, "9")
    ),
]
