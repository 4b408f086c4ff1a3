from visavis.perception.sight import Sight


def test_nothing_is_known_before_the_first_picture() -> None:
    sight = Sight()
    assert not sight.available and not sight.facts and sight.describe() == ""


def test_says_what_it_sees() -> None:
    sight = Sight()
    sight.update(frozenset({"present", "smile", "looking"}))
    assert sight.describe() == "I can see you. You are smiling and looking at the screen."
    sight.update(frozenset({"present"}))
    assert sight.describe() == "I can see you."


def test_lists_more_than_two_and_says_what_it_cannot_tell() -> None:
    sight = Sight()
    sight.update(frozenset({"present", "smile", "nod", "wave"}))
    assert sight.describe() == "I can see you. You are smiling, nodding and waving."
    sight.update(frozenset({"present", "looking"}), {"present", "looking", "away"})
    assert sight.describe() == "I can see you. You are looking at the screen. I cannot make out your expression."
    sight.lost()
    assert not sight.told


def test_is_honest_about_empty_and_black_pictures() -> None:
    sight = Sight()
    sight.update(frozenset())
    assert sight.available and sight.describe() == ""
    sight.update(frozenset({"away"}))
    assert "nobody" in sight.describe()
    sight.update(frozenset({"dark"}))
    assert "black" in sight.describe()


def test_a_camera_without_a_picture_is_not_said_to_be_off() -> None:
    sight = Sight()
    sight.lost(camera=True)
    assert sight.describe() == "I have no picture from your camera just now."
    sight.lost(resting=True)
    assert "too busy" in sight.describe()
    sight.update(frozenset({"present"}))
    assert sight.describe() == "I can see you."
    sight.lost()
    assert sight.describe() == ""


def test_tells_only_changes() -> None:
    told: list[tuple[str, bool]] = []
    sight = Sight(lambda name, on: told.append((name, on)))
    sight.update(frozenset({"present"}))
    sight.update(frozenset({"present"}))
    sight.update(frozenset({"present", "smile"}))
    sight.lost()
    assert told == [("present", True), ("smile", True), ("present", False), ("smile", False)]
