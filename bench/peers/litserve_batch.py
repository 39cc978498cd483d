"""LitServe with its dynamic batching; requests of one key within a batch are drawn in one call.

python -m bench.peers.litserve_batch MODEL_DIR PORT MAX_BATCH_SIZE BATCH_TIMEOUT_S
"""

import sys
from pathlib import Path

import litserve
from fastapi import Response

from bench.peers.drawing import Drawing
from bench.trace import TraceRequest


class DrawingApi(litserve.LitAPI):  # type: ignore[misc]  # untyped
    def __init__(self, model_dir: Path, max_batch_size: int, batch_timeout_s: float) -> None:
        super().__init__(max_batch_size=max_batch_size, batch_timeout=batch_timeout_s, api_path="/draw")
        self._model_dir = model_dir

    def setup(self, device: str) -> None:  # noqa: ARG002
        self._drawing = Drawing(self._model_dir)

    def decode_request(self, request: dict[str, object]) -> TraceRequest:
        return TraceRequest(**request)  # type: ignore[arg-type]

    def batch(self, inputs: list[TraceRequest]) -> list[TraceRequest]:
        return inputs

    def predict(self, requests: list[TraceRequest]) -> list[bytes]:
        return self._drawing.draw(requests)

    def unbatch(self, output: list[bytes]) -> list[bytes]:
        return output

    def encode_response(self, output: bytes) -> Response:
        return Response(output, media_type="image/png")


def main(model_dir: str, port: str, max_batch_size: str, batch_timeout_s: str) -> None:
    api = DrawingApi(Path(model_dir), int(max_batch_size), float(batch_timeout_s))
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1, timeout=False)
    server.run(host="127.0.0.1", port=int(port), generate_client_file=False, num_api_servers=1, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
