"""Looks at what is to be drawn before anything is kept, counted or drawn. Without a verdict nothing is drawn."""

import asyncio
import logging
from collections.abc import Iterator

from deployments.engine.prompt_weights import parse_weights
from deployments.errors import InvalidRequest, Unavailable
from deployments.schemas import GenerationRequest
from serve_app.audit.act import Act
from serve_app.moderation.verdict import Policy, Verdict

logger = logging.getLogger("ray.serve")

TIMEOUT_S = 2.0


class Moderator:
    def __init__(self, policy: Policy, timeout_s: float = TIMEOUT_S) -> None:
        self._policy = policy
        self._timeout_s = timeout_s

    async def check(self, plan: GenerationRequest, act: Act) -> None:
        """Marks `act` for review. Raises InvalidRequest for what is blocked, Unavailable where no verdict comes."""
        for param, text in _texts(plan):
            if not text or text.isspace():
                continue
            verdict = await self._judge("".join(span.text for span in parse_weights(text)))
            if verdict.decision == "block":
                raise InvalidRequest(f"{param}: {verdict.reason}", "content_policy_violation", param)
            act.needs_review |= verdict.decision == "review"

    async def _judge(self, text: str) -> Verdict:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._policy.judge(text)
        except Exception as error:
            logger.exception("the prompt policy gave no verdict")
            raise Unavailable("the prompt policy gives no verdict now", "policy_unavailable", 5.0) from error


def _texts(plan: GenerationRequest) -> Iterator[tuple[str, str]]:
    """All that is drawn from, with the field that a caller said it in."""
    yield "prompt", plan.styled_prompt
    yield "negative_prompt", plan.negative_prompt or ""
    for index, region in enumerate(plan.controls.regions):
        yield f"layout.regions.{index}.prompt", region.prompt
