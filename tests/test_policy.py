"""Who moves next."""

from dataclasses import replace

from deployments.engine.policy import AGEING, Candidate, choose

ICON = Candidate(group=(32, 32), num_rows=2, remaining_s=1.0, waited_s=0.0, slack_s=None, tenant="a")


def test_shortest_remaining_goes_first_and_only_its_size_beside_it() -> None:
    splash = replace(ICON, group=(44, 24), remaining_s=5.0)
    assert choose([splash, ICON, splash, replace(ICON, remaining_s=0.5)], max_rows=8) == [3, 1]


def test_batch_is_filled_up_to_the_cap_and_never_empty() -> None:
    assert choose([ICON] * 5, max_rows=6) == [0, 1, 2]
    assert choose([replace(ICON, num_rows=20)], max_rows=6) == [0]
    small = replace(ICON, num_rows=1, remaining_s=2.0)
    assert choose([ICON, ICON, ICON, small], max_rows=5) == [0, 1, 3]  # what fits goes along


def test_waiting_outweighs_size_in_time() -> None:
    large = replace(ICON, group="large", remaining_s=10.0)
    assert choose([large, ICON], 8) == [1]
    assert choose([replace(large, waited_s=9.0 / AGEING + 1), ICON], 8) == [0]


def test_deadline_that_comes_near_goes_before_shorter_work() -> None:
    due = replace(ICON, group="large", remaining_s=10.0, slack_s=0.2)
    assert choose([ICON, due], 8) == [1]
    assert choose([ICON, replace(due, slack_s=60.0)], 8) == [0]


def test_what_stands_back_goes_later_and_yet_goes() -> None:
    batch = replace(ICON, group="other", remaining_s=0.5, stand_back_s=10.0)
    assert choose([batch, ICON], 8) == [1]
    assert choose([replace(batch, waited_s=10.0 / AGEING), ICON], 8) == [0]


def test_tenant_that_has_had_much_stands_back() -> None:
    other = replace(ICON, tenant="b", group="other", remaining_s=1.5)
    assert choose([ICON, other], 8) == [0]
    assert choose([ICON, other], 8, lambda tenant: 2.0 if tenant == "a" else 0.0) == [1]
