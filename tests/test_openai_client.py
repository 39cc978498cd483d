"""The unmodified `openai` client, over a real socket."""

import base64
import io
from collections.abc import Iterator

import openai
import pytest
from PIL import Image

from deployments.errors import Unavailable
from tests.door import Door, listening


@pytest.fixture
def client(door: Door) -> Iterator[openai.OpenAI]:
    with (
        listening(door.api) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key=door.admin_key, max_retries=0) as client,
    ):
        yield client


def test_generates_an_image_and_reads_our_additions(client: openai.OpenAI) -> None:
    response = client.images.generate(
        model="icon", prompt="white rocket", n=2, size="128x128", quality="low", extra_body={"seed": 5}
    )
    assert response.data and response.data[0].b64_json
    assert Image.open(io.BytesIO(base64.b64decode(response.data[0].b64_json))).size == (128, 128)
    assert [image.seed for image in response.data] == [5, 6]  # type: ignore[attr-defined]
    assert response.usage and response.usage.total_tokens == 2


def test_lists_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["icon", "splash"]
    assert client.models.retrieve("icon").id == "icon"


def test_errors_arrive_as_the_clients_own_classes(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as bad:
        client.images.generate(model="icon", prompt="a", size="1000x1000")
    assert (bad.value.code, bad.value.param, bad.value.type) == ("invalid_size", "size", "invalid_request_error")
    with pytest.raises(openai.NotFoundError):
        client.images.generate(model="dall-e-3", prompt="a")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="emb_wrong").models.list()


def test_client_retries_what_is_worth_retrying(client: openai.OpenAI, door: Door) -> None:
    door.services["icon"].failure = Unavailable("full", "overloaded", 0.0)
    with pytest.raises(openai.InternalServerError):
        client.with_options(max_retries=2).images.generate(model="icon", prompt="a")
    assert len(door.services["icon"].requests) == 3
