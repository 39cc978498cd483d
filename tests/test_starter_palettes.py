from train.starter.colours import COLOURS, contrast, readable_pairs
from train.starter.palettes import load_palettes


def test_every_palette_has_icon_colours_that_go_together() -> None:
    palettes = load_palettes()
    assert len(palettes) >= 12
    pairs = set(readable_pairs())
    for palette in palettes.values():
        assert set(palette.backgrounds) | set(palette.foregrounds) <= set(COLOURS)
        for background in palette.backgrounds:
            assert any((foreground, background) in pairs for foreground in palette.foregrounds)


def test_every_emblem_can_be_read_on_its_badge() -> None:
    for palette in load_palettes().values():
        assert max(contrast(palette.emblem, ground) for ground in (palette.land[3], palette.sky[1])) > 5
