"""What the report of a duet makes of two voices."""

from visavis.caller.activity import Span
from visavis.caller.duet import Line, measure


def test_turns_gaps_and_overlaps() -> None:
    voices = {"Alex": [Span(1, 3), Span(4, 5), Span(9, 12)], "Nora": [Span(6, 8), Span(11.5, 13)]}
    figures = measure(voices, 15.0)
    assert figures["lines"] == [Line("Alex", 1, 5), Line("Nora", 6, 8), Line("Alex", 9, 12), Line("Nora", 11.5, 13)]
    assert figures["spoke_s"] == {"Alex": 6.0, "Nora": 3.5}
    assert figures["gap_s"] == {"p50": 1.0, "max": 1.0}
    assert figures["silence_max_s"] == 2.0 and figures["overlap_s"] == {"sum": 0.5, "max": 0.5}


def test_nobody_speaks() -> None:
    assert measure({"Alex": [], "Nora": []}, 4.0)["silence_max_s"] == 4.0
