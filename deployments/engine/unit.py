"""What moves together: one image, or a set of images that share their leader's attention."""

import time
from dataclasses import dataclass, field

from deployments.engine.job import Job
from deployments.engine.policy import Candidate
from deployments.engine.request import ImageRequest
from deployments.engine.sample import Sample
from deployments.engine.speed import Speed


@dataclass
class Member:
    job: Job
    sample: Sample


@dataclass
class Unit:
    """All members have one UNet, size, sampler and number of steps, and are at the same step; the first leads."""

    members: list[Member]
    taken_s: float  # out of the queue, to be prepared
    started_s: float = field(default_factory=time.monotonic)
    moved_s: float = field(default_factory=time.monotonic)

    @property
    def lead(self) -> Sample:
        return self.members[0].sample

    @property
    def size_hw(self) -> tuple[int, int]:
        height, width = self.lead.latents_CHW.shape[1:]
        return height, width

    @property
    def num_rows(self) -> int:
        return sum(member.sample.num_rows for member in self.members)

    @property
    def num_pixels(self) -> int:
        return sum(member.sample.width_px * member.sample.height_px for member in self.members)

    @property
    def is_abandoned(self) -> bool:
        """A cancelled leader goes on while anyone follows it: their attention needs it."""
        return all(member.job.is_cancelled for member in self.members)

    def drop_cancelled_followers(self) -> list[Member]:
        dropped = [member for member in self.members[1:] if member.job.is_cancelled]
        self.members = [self.members[0], *(m for m in self.members[1:] if not m.job.is_cancelled)]
        return dropped

    def is_late(self, now_s: float) -> bool:
        """All deadlines have passed, and nothing is drawn yet."""
        return self.lead.step_index == 0 and all(member.job.is_late(now_s) for member in self.members)

    def share(self, row_s: float) -> None:
        """Each image has its rows' part of a step's seconds."""
        for member in self.members:
            member.job.device_s += row_s * member.sample.num_rows

    def remaining_s(self, speed: Speed) -> float:
        row_steps = sum(member.sample.remaining_row_steps for member in self.members)
        return row_steps * speed.row_step_s(self.size_hw)

    def candidate(self, speed: Speed, now_s: float) -> Candidate:
        remaining_s = self.remaining_s(speed)
        slacks = [
            member.job.submitted_s + member.job.request.deadline_s - now_s - remaining_s
            for member in self.members
            if member.job.request.deadline_s is not None
        ]
        return Candidate(
            group=(self.lead.unet, self.size_hw),
            num_rows=self.num_rows,
            remaining_s=remaining_s,
            waited_s=now_s - self.moved_s,
            slack_s=min(slacks, default=None),
            tenant=self.members[0].job.request.tenant,
            stand_back_s=min(member.job.request.stand_back_s for member in self.members),
        )


def check_set(requests: list[ImageRequest]) -> None:
    """Raises ValueError unless the requests can be drawn in lockstep."""
    for name in ("width_px", "height_px", "num_steps", "sampler", "unet"):
        values = {getattr(request, name) for request in requests}
        if len(values) > 1:
            raise ValueError(f"the images of a set must have one {name}, got {sorted(values)}")
