"""What sentences feel like: a little list of our own, written apart from the lexicon, as a host might say them."""

from __future__ import annotations

import pytest

from visavis.dialogue.emotion import MOST, emotion_of

LABELLED = {
    "happy": (
        "Congratulations, that is a great result!",
        "I am so happy for you.",
        "What a lovely picture, I enjoy it a lot.",
        "That joke was really funny!",
        "It is a pleasure to meet you.",
        "Wonderful, let us celebrate tonight.",
        "I love walking by the sea.",
        "Great, I am glad that it works now.",
    ),
    "sad": (
        "I am so sorry to hear that.",
        "Unfortunately the shop closed, which is a pity.",
        "It hurts to lose a friend.",
        "That must have been a lonely time for you.",
        "I am afraid I have bad news.",
        "She died last year, and I still miss her.",
        "I am not happy about how it ended.",
        "Sadly, nobody came.",
    ),
    "angry": (
        "That is outrageous!",
        "It is unfair, and I hate it.",
        "How rude, he should not talk to you like this.",
        "I would be furious, too.",
        "This is unacceptable and plainly wrong.",
        "They cheated you, that makes me angry.",
    ),
    "surprised": (
        "Wow, I did not expect that!",
        "No way, you did this on your own?",
        "That is incredible.",
        "Oh my, what a surprise!",
        "How strange, I am amazed.",
        "Whoa, that was quick.",
    ),
    "afraid": (
        "Be careful, this road is dangerous.",
        "I would be terrified up there.",
        "That sounds scary to me.",
        "I am a little worried about the storm, it is a real danger.",
        "Many people are afraid of spiders.",
    ),
    "calm": (
        "Relax, there is no hurry.",
        "Take your time.",
        "Breathe slowly and relax.",
        "Do not worry, we are safe here.",
    ),
    "": (
        "It is five o'clock in the afternoon.",
        "Two plus two is four.",
        "The train to the airport leaves from platform nine.",
        "You can ask me for the time or the date.",
        "I am not sad, I am a computer.",
        "Air scatters blue light more than red light.",
        "Today is Monday, March 3.",
        "Paris is the capital of France.",
        "What would you like to talk about?",
        "You pressed one two three.",
    ),
}
# written afterwards, and no word of the lexicon was chosen or weighed by them
UNSEEN = {
    "happy": (
        "Hooray, you made it!",
        "That is the best news I have heard all day.",
        "Happy birthday to you!",
        "You did very well, I am proud of you.",
        "It makes me smile to think of it.",
        "Sounds like a fun weekend.",
    ),
    "sad": (
        "My condolences to your family.",
        "It is a pity that you can not come.",
        "He lost his job and feels down.",
        "I wish I could help you, but I can not.",
        "Losing a pet is very hard.",
        "I regret that I have no better answer.",
    ),
    "angry": (
        "How dare he say that to you!",
        "I can not stand such lies.",
        "It is a shame how they treat people.",
        "That noise is really annoying.",
        "What a stupid rule!",
    ),
    "surprised": (
        "I can hardly believe it!",
        "Really? That was unexpected.",
        "Wow, that is a lot of books.",
        "Who would have guessed that!",
        "You speak nine languages? That is amazing.",
    ),
    "afraid": (
        "I am scared of the dark.",
        "Watch out, the floor is slippery!",
        "I fear that the bridge may fall.",
        "It is a frightening story.",
    ),
    "calm": ("There is no rush at all.", "Let us sit down and rest in peace and quiet."),
    "": (
        "Elephants are the largest animals on land.",
        "Pasta with tomatoes and basil is quick to cook.",
        "Your next meeting is at three.",
        "I can see you, but I do not see a smile just now.",
        "The sum of both is forty two.",
        "Hold the line, I will transfer you to sales.",
        "Press one for English.",
        "Bread is made of flour, water and salt.",
    ),
}
PAIRS = [(label, sentence) for label, sentences in LABELLED.items() for sentence in sentences]
RIGHT_LEAST = 0.9  # share of the list
UNSEEN_PAIRS = [(label, sentence) for label, sentences in UNSEEN.items() for sentence in sentences]


def test_most_of_the_list_is_told_right() -> None:
    found = [(label, (emotion_of(sentence) or ("", 0.0))[0], sentence) for label, sentence in PAIRS]
    wrong = [item for item in found if item[0] != item[1]]
    assert len(wrong) <= (1 - RIGHT_LEAST) * len(PAIRS), wrong


def test_what_it_does_not_know_it_calls_plain_and_no_other_feeling() -> None:
    """27 of 36 are told right; the other 9 are taken for plain."""
    found = [(label, (emotion_of(sentence) or ("", 0.0))[0], sentence) for label, sentence in UNSEEN_PAIRS]
    assert not [item for item in found if item[1] not in ("", item[0])]
    assert sum(label == told for label, told, _ in found) >= 27


def test_what_is_plain_is_never_told_to_be_a_feeling() -> None:
    assert not [sentence for sentence in LABELLED[""] if emotion_of(sentence)]


def test_strength_grows_with_words_and_has_an_end() -> None:
    little, more = emotion_of("I am happy."), emotion_of("I am very happy!")
    assert little is not None and more is not None and 0 < little[1] < more[1] <= MOST
    most = emotion_of("I am so happy, thrilled and delighted, congratulations, hooray!")
    assert most == ("happy", MOST)


@pytest.mark.parametrize(
    ("plain", "negated"), [("I am angry.", "I am not angry."), ("That is dangerous.", "That isn't dangerous.")]
)
def test_negation_takes_a_feeling_away(plain: str, negated: str) -> None:
    assert emotion_of(plain) is not None and emotion_of(negated) is None


def test_not_happy_is_sad() -> None:
    assert (emotion_of("I am not very happy.") or ("", 0))[0] == "sad"
