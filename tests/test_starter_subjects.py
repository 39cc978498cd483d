from collections import Counter

from train.starter.subjects import load_subjects


def test_there_are_many_subjects_and_no_word_means_two() -> None:
    subjects = load_subjects()
    assert len(subjects) >= 250
    words = Counter(word for subject in subjects for word in subject.words)
    assert not [word for word, count in words.items() if count > 1]
    assert all(subject.phosphor for subject in subjects)
