"""What HTTP callers send and get: OpenAI's image API, and our additions at the top level beside it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from deployments.schemas import MAX_SEED, OutputFormat, Priority, ServiceState, Weights
from deployments.specs import Kind

MAX_IMAGES = 10
MAX_PROMPT_CHARS = 4000
MAX_DEADLINE_MS = 24 * 3600 * 1000


def _refuse_blank(text: str) -> str:
    """Spaces, line ends and characters without width or shape are nothing to read."""
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise ValueError("must not be blank")
    return text


Visible = Annotated[str, Field(min_length=1), AfterValidator(_refuse_blank)]


class Body(BaseModel):
    """A request body: what is not known is an error, and no value is quietly turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class GenerationBody(Body):
    """What decides the images. OpenAI's names where OpenAI has one."""

    prompt: Visible = Field(max_length=MAX_PROMPT_CHARS)
    model: str = Field("icon", description="`icon` or `splash`", max_length=200)
    n: int = Field(1, ge=1, le=MAX_IMAGES)
    size: str = Field("auto", description="`WIDTHxHEIGHT` in pixels, or `auto`", max_length=20)
    quality: Literal["low", "medium", "high", "auto", "standard", "hd"] = "auto"
    background: Literal["opaque", "auto", "transparent"] = "auto"
    output_format: OutputFormat = "png"
    output_compression: int = Field(90, ge=0, le=100, description="quality of JPEG and WebP")
    negative_prompt: str | None = Field(None, max_length=MAX_PROMPT_CHARS)
    num_inference_steps: int | None = Field(None, ge=1, le=100, description="absent: by `quality`")
    guidance_scale: float | None = Field(None, ge=1, le=30, description="absent: the profile's; 1 is none")
    seed: int | None = Field(None, ge=0, le=MAX_SEED, description="of the first image; absent: drawn")
    partial_images: int = Field(0, ge=0, le=3, description="previews of each image, told in its stream")
    cache: bool = Field(
        True,
        description="a request with a `seed` that was drawn before is answered with that; a stream is always drawn",
    )
    priority: Priority | None = Field(
        None, description="`batch` lets `interactive` go first for ten minutes; absent: the highest that the key may"
    )
    deadline_ms: int | None = Field(
        None, ge=1, le=MAX_DEADLINE_MS, description="from now; what has not been begun by then expires"
    )


class StreamOptions(Body):
    include: list[Literal["queue", "steps"]] = Field(
        [], max_length=2, description="our own events beside OpenAI's; without, they are comments"
    )


class ImageBody(GenerationBody):
    """How OpenAI's routes answer, besides."""

    response_format: Literal["b64_json", "url"] = "b64_json"
    moderation: Literal["low", "auto"] = "auto"
    stream: bool = False
    user: str | None = Field(None, max_length=256)
    on_disconnect: Literal["cancel", "continue"] | None = Field(
        None, description="what becomes of it when the caller hangs up; absent: continue with an Idempotency-Key"
    )


class ImageGenerationBody(ImageBody):
    stream_options: StreamOptions = StreamOptions()


class GeneratedImage(BaseModel):
    index: int
    seed: int
    b64_json: str | None = None
    url: str | None = Field(None, description="fetched with the same API key")
    sha256: str


class Usage(BaseModel):
    input_tokens: int
    output_tokens: int = 0
    total_tokens: int


class TimingsMs(BaseModel):
    queue_ms: float
    denoise_ms: float
    decode_ms: float
    store_ms: float


class ImageGenerationResponse(BaseModel):
    created: int = Field(description="Unix time in seconds")
    id: str
    model: Kind
    model_version: str
    adapters: list[str] = Field(
        description="`NAME@VERSION` of each `lora`; then of what heard the style images, unless it is the model's own"
    )
    style: str | None = Field(description="`ID@VERSION` of the request's `style`, to be asked for again as it was")
    cached: bool = Field(description="true: drawn before, by this generation")
    data: list[GeneratedImage]
    size: str
    quality: str
    background: Literal["opaque"] = "opaque"
    output_format: OutputFormat
    is_prompt_truncated: bool = Field(description="true when the prompt had more tokens than the model reads")
    usage: Usage
    timings: TimingsMs


class DeploymentReadiness(BaseModel):
    ready: bool
    reason: str | None = None
    weights: Weights | None = None
    model_version: str | None = None

    @classmethod
    def of(cls, state: ServiceState) -> "DeploymentReadiness":
        return cls(ready=True, weights=state.weights, model_version=state.model_version)


class Readiness(BaseModel):
    status: Literal["ready", "not_ready"]
    deployments: dict[Kind, DeploymentReadiness]


class Health(BaseModel):
    status: Literal["ok"] = "ok"
    version: str


class ErrorBody(BaseModel):
    message: str
    type: str
    param: str | None
    code: str


class ErrorEnvelope(BaseModel):
    error: ErrorBody
