"""FastAPI, one lock, one pipeline call a request: what most tutorials end with.

python -m bench.peers.fastapi_lock MODEL_DIR PORT
"""

import asyncio
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response

from bench.peers.drawing import Drawing
from bench.trace import TraceRequest


def build_app(model_dir: Path) -> FastAPI:
    app = FastAPI()
    drawing = Drawing(model_dir)
    lock = asyncio.Lock()

    @app.post("/draw")
    async def draw(request: TraceRequest) -> Response:
        async with lock:
            (content,) = await asyncio.to_thread(drawing.draw, [request])
        return Response(content, media_type="image/png")

    return app


if __name__ == "__main__":
    uvicorn.run(build_app(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
