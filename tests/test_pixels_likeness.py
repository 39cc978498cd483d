"""Likeness to a style image: its colours and its drawing are told apart, and measured through the door."""

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from deployments.export.bundle import scores
from deployments.pixels.likeness import leakage, style_similarity
from deployments.schemas import Controls, Reference, StoredImage
from tests.generations import submit, until
from tests.icons import BLUE, PALE, RED, WHITE, disc, flat, gradient, laid, rectangle, shape, triangle
from tests.pictures import encoded, png
from tests.uploads import references

DISC = laid(shape(disc(0.4, 0.4, 0.25)), RED, flat(PALE))
SCORES = "/v1/generations/{}/images/0/scores"


def test_picture_is_like_itself_in_both() -> None:
    for picture in (DISC, gradient(WHITE, BLUE)):
        assert style_similarity(picture, picture) == 1
        assert leakage(picture, picture) == pytest.approx(1)


def test_colours_count_for_style_wherever_they_lie_and_not_for_leakage() -> None:
    elsewhere, recoloured = DISC[::-1, ::-1], laid(shape(disc(0.4, 0.4, 0.25)), PALE, flat(BLUE))
    assert style_similarity(elsewhere, DISC) > 0.98 and leakage(elsewhere, DISC) < 0.3
    assert style_similarity(recoloured, DISC) < 0.3 and leakage(recoloured, DISC) > 0.98


def test_other_drawing_leaks_less_than_the_same_drawing_moved_a_little() -> None:
    moved = laid(shape(disc(0.42, 0.41, 0.25)), BLUE, flat(WHITE))
    others = [shape(triangle()), shape(rectangle(0.1, 0.6, 0.9, 0.8)), shape(disc(0.7, 0.7, 0.1))]
    assert all(leakage(laid(other, BLUE, flat(WHITE)), DISC) < 0.3 for other in others)
    assert leakage(moved, DISC) > 0.4
    assert leakage(flat(RED), DISC) == 0  # nothing is drawn


def test_more_of_a_colour_is_farther_away() -> None:
    found = [style_similarity(laid(shape(disc(radius=radius)), RED, flat(PALE)), DISC) for radius in (0.25, 0.35, 0.45)]
    assert found == sorted(found, reverse=True) and found[0] > 0.99 and found[2] < 0.7


def reference(weight: float = 1.0, box: tuple[float, float, float, float] | None = None) -> Reference:
    image = StoredImage(key="files/file_a.png", sha256="0")
    return Reference(image=image, weight=weight, mode="full", start=0, end=1, box=box)


def test_each_style_image_is_looked_for_where_it_was_heard() -> None:
    left_DISC = np.concatenate([DISC, flat(BLUE)], axis=1).astype(np.uint8)
    image, style = (encoded(Image.fromarray(one)) for one in (left_DISC, DISC))
    whole, half = (
        scores(image, (), Controls(references=(reference(box=box),)), [style]) for box in (None, (0, 0, 0.5, 1))
    )
    assert (half.style_similarity, half.leakage) == pytest.approx((1, 1))
    assert whole.style_similarity is not None and whole.style_similarity < 0.5
    unheard = scores(image, (), Controls(references=(reference(weight=0),)), [style])
    assert (unheard.style_similarity, unheard.leakage) == (None, None)


def test_scores_tell_it_where_style_images_were_given(client: TestClient) -> None:
    plain = until(client, submit(client)["id"], "completed")
    style_images = references(client, png(), png(64, 64))
    asked = until(client, submit(client, style_images=style_images)["id"], "completed")
    none, both = (client.get(SCORES.format(one["id"])).json() for one in (plain, asked))
    assert (none["style_similarity"], none["leakage"]) == (None, None)
    assert 0 < both["style_similarity"] < 1 and 0 <= both["leakage"] < 1
    for one in style_images:
        client.delete(f"/v1/files/{one['file_id']}")
    gone = client.get(SCORES.format(asked["id"])).json()
    assert (gone["style_similarity"], gone["leakage"]) == (None, None)
