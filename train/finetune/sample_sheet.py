"""A sheet of what was drawn: a row for each prompt, without the adapter and with it, with the same seed."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from train.finetune.evaluate import Evaluation

CELL_PX, TEXT_PX, GAP_PX = 160, 14, 8
PAPER, INK = (255, 255, 255), (40, 44, 52)


def draw_sheet(evaluation: Evaluation) -> Image.Image:
    """Columns in the order base, live where there is one, trained; the first seed alone."""
    names = [*evaluation.pictures][::-1]
    step, head = CELL_PX + GAP_PX, TEXT_PX + 2 * GAP_PX
    sheet = Image.new("RGB", (len(names) * step + GAP_PX, head + len(evaluation.prompts) * (step + head)), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(TEXT_PX)
    for column, name in enumerate(names):
        left = GAP_PX + column * step
        draw.text((left, GAP_PX), name, INK, font)
        for row, prompt in enumerate(evaluation.prompts):
            top = head + row * (step + head)
            sheet.paste(_cell(evaluation.pictures[name][row * evaluation.num_seeds]), (left, top))
            if not column:
                draw.text((left, top + CELL_PX + GAP_PX // 2), prompt, INK, font)
    return sheet


def _cell(pixels_HWC: np.ndarray) -> Image.Image:
    picture = Image.fromarray(pixels_HWC)
    picture.thumbnail((CELL_PX, CELL_PX), Image.Resampling.LANCZOS)
    return picture
