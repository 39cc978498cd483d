"""Measures the engine on one GPU, beside diffusers and beside what the GPU can do at all; no Ray, no download.

    python -m bench.gpu --out FOLDER            on a CUDA machine, under 10 minutes
    python -m bench.gpu --out FOLDER --tiny     the same script, small enough for any CPU

Writes `results.json` and `results.md` after every measurement, so that what is there survives an early end. A
measurement that fails is a row with its error; one that no longer fits the time is a row that says so.
"""

import argparse
import logging
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import torch

from bench.gpu import denoise, lora, report, roofline, training, vae
from bench.gpu.machine import describe
from bench.gpu.plan import GPU, TEST
from bench.gpu.rows import Measurement, NotMeasured, Row
from bench.gpu.session import Session, free_memory
from bench.gpu.variants import VARIANTS

logger = logging.getLogger("bench.gpu")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for results.json and results.md")
    parser.add_argument("--tiny", action="store_true", help="a tiny model on the CPU: does the script run?")
    parser.add_argument("--seconds-per-case", type=float, default=1.0, help="of repeating one measurement")
    parser.add_argument("--budget-s", type=float, default=560.0, help="for the whole run; what does not fit is skipped")
    options = parser.parse_args()
    if not options.tiny and not torch.cuda.is_available():
        parser.error("no CUDA device here; --tiny runs on a CPU")
    if options.tiny:
        torch.set_num_threads(1)  # more only wait for each other over a model this small
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    run(options.out, options.tiny, options.seconds_per_case, options.budget_s)


def run(folder: Path, is_tiny: bool, seconds_per_case: float, budget_s: float) -> list[Row]:
    session = Session(
        plan=TEST if is_tiny else GPU,
        device=torch.device("cpu" if is_tiny else "cuda"),
        dtype=torch.float32 if is_tiny else torch.bfloat16,
        seconds=seconds_per_case,
        deadline_s=time.monotonic() + budget_s,
    )
    machine = describe(session.device)
    rows: list[Row] = []
    for measurement in all_measurements(session):
        rows.append(take(measurement, session.left_s))
        logger.info("%s, %s: %s", measurement.case, measurement.name, rows[-1].figure or rows[-1].reason)
        report.write(folder, machine, session.plan, rows)
    return rows


def all_measurements(session: Session) -> Iterator[Measurement]:
    """What others are compared with comes first, then by how much is asked for it: the end may not fit."""
    variants, bank = denoise.VariantBench(session), lora.BankBench(session)
    eager, compiled_diffusers, *ours = VARIANTS
    return chain(
        roofline.measurements(session),
        variants.measurements(eager),
        [denoise.float32_measurement(session)],
        vae.measurements(session),
        bank.measurements(),
        variants.measurements(*ours),
        training.measurements(session),
        variants.measurements(compiled_diffusers),
    )


def take(measurement: Measurement, left_s: float) -> Row:
    """Whatever happens, it becomes a row."""
    case, name, goal = measurement.case, measurement.name, measurement.goal
    if measurement.expected_s > left_s:
        reason = f"takes up to {measurement.expected_s:.0f} s, {max(left_s, 0.0):.0f} s were left"
        return Row(case, name, goal, "skipped", reason=reason)
    started_s = time.monotonic()
    try:
        return Row(case, name, goal, "measured", figure=measurement.take(), took_s=time.monotonic() - started_s)
    except NotMeasured as error:
        return Row(case, name, goal, "not measured", reason=str(error))
    except Exception as error:
        logger.exception("%s, %s failed", case, name)
        free_memory()  # out of memory here must not mean out of memory ever after
        first_line = str(error).strip().partition("\n")[0][:300]
        return Row(
            case, name, goal, "failed", time.monotonic() - started_s, reason=f"{type(error).__name__}: {first_line}"
        )


if __name__ == "__main__":
    main()
