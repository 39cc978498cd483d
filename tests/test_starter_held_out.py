from train.starter.held_out import ONE_IN, split_of


def test_about_one_in_twenty_is_held_out_and_always_the_same() -> None:
    splits = [split_of("rocket", str(number), None, "circle") for number in range(20_000)]
    assert abs(splits.count("held_out") / len(splits) - 1 / ONE_IN) < 0.006
    assert splits == [split_of("rocket", str(number), None, "circle") for number in range(20_000)]
    assert [split_of("rocket", "white", name, "circle") for name in ("red", "blue", "navy")] == ["train"] * 3
