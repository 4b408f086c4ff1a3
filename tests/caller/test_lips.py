"""When lips come to rest."""

from visavis.caller.lips import rest_time


def series(*gaps: float) -> list[tuple[float, float]]:
    return [(2 + k * 0.04, gap) for k, gap in enumerate(gaps)]


def test_rest_is_reached_and_held() -> None:
    assert rest_time(series(0.2, 0.15, 0.03, 0.01, 0.01, 0.01, 0.01, 0.01), 0.01, 2.0) == 2.08


def test_a_closing_in_mid_word_is_no_rest() -> None:
    assert rest_time(series(0.2, 0.01, 0.01, 0.2, 0.02, 0.02, 0.02, 0.02, 0.02), 0.01, 2.0) == 2.16


def test_lips_that_never_rest_or_are_not_seen() -> None:
    assert rest_time(series(*[0.2] * 20), 0.01, 2.0) is None
    assert rest_time([], 0.01, 2.0) is None
    assert rest_time(series(0.01, 0.01), 0.01, 2.0) is None


def test_what_was_before_the_stop_does_not_count() -> None:
    assert rest_time(series(*[0.01] * 10), 0.01, 2.1) == 2.12
