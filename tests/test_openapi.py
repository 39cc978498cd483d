"""The API against its own OpenAPI document, over a socket: whatever is generated from it, no answer is undocumented."""

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.door import Door, build_door, listening
from tests.fine_tuning import JOBS, train
from tests.generations import submit
from tests.pictures import png
from tests.styles import make_style
from tests.uploads import upload
from tests.write_openapi import COPY

MAX_EXAMPLES = 40  # of an operation
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Door:
    return build_door(tmp_path_factory.mktemp("openapi"))


@pytest.fixture(scope="module")
def url(door: Door) -> Iterator[str]:
    with listening(door.api) as url:
        yield url


schema = schemathesis.openapi.from_path(COPY)


@schema.parametrize()
@settings(max_examples=MAX_EXAMPLES, deadline=None, derandomize=True)
def test_every_answer_is_as_documented(case: schemathesis.Case, url: str, door: Door) -> None:
    headers = {"authorization": f"Bearer {door.admin_key}"}
    case.call_and_validate(url, headers=headers, checks=CHECKS, timeout=20)


@schema.include(path_regex="{file_id}").parametrize()
@settings(max_examples=MAX_EXAMPLES // 4, deadline=None, derandomize=True)
def test_every_answer_about_a_file_is_as_documented(case: schemathesis.Case, url: str, door: Door) -> None:
    headers = {"authorization": f"Bearer {door.admin_key}"}
    with httpx.Client(base_url=url, headers=headers) as http:
        case.path_parameters["file_id"] = upload(http, png()).json()["id"]
    case.call_and_validate(url, headers=headers, checks=CHECKS, timeout=20)


@schema.include(path_regex="{generation_id}").parametrize()
@settings(max_examples=MAX_EXAMPLES // 4, deadline=None, derandomize=True)
def test_every_answer_about_what_exists_is_as_documented(case: schemathesis.Case, url: str, door: Door) -> None:
    headers = {"authorization": f"Bearer {door.admin_key}"}
    with httpx.Client(base_url=url, headers=headers) as http:
        case.path_parameters["generation_id"] = submit(http)["id"]
    case.call_and_validate(url, headers=headers, checks=CHECKS, timeout=20)


@schema.include(path_regex="{fine_tuning_job_id}").parametrize()
@settings(max_examples=MAX_EXAMPLES // 4, deadline=None, derandomize=True)
def test_every_answer_about_a_fine_tuning_job_is_as_documented(case: schemathesis.Case, url: str, door: Door) -> None:
    """One that has ended, and its streams with it."""
    headers = {"authorization": f"Bearer {door.admin_key}"}
    with httpx.Client(base_url=url, headers=headers) as http:
        job_id = train(http)["id"]
        http.post(f"{JOBS}/{job_id}/cancel")
    case.path_parameters["fine_tuning_job_id"] = job_id
    case.call_and_validate(url, headers=headers, checks=CHECKS, timeout=20)


@schema.include(path_regex="{style_id}").parametrize()
@settings(max_examples=MAX_EXAMPLES // 4, deadline=None, derandomize=True)
def test_every_answer_about_a_style_is_as_documented(case: schemathesis.Case, url: str, door: Door) -> None:
    headers = {"authorization": f"Bearer {door.admin_key}"}
    with httpx.Client(base_url=url, headers=headers) as http:
        case.path_parameters["style_id"] = make_style(http)["id"]
    case.call_and_validate(url, headers=headers, checks=CHECKS, timeout=20)
