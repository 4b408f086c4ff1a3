"""Texts for training speech: our own words in our own frames, so that every sound meets every other.

English comes in ten kinds, from a short reply to a page read aloud; nine other languages in simple sentences of theirs
(`languages`). Templates hold some three hundred words; a kind of its own takes any word of the default voice's lexicon.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files

import numpy as np

from visavis_models.train.languages import foreign

NOUNS = (
    "map", "paper", "baby", "bubble", "mother", "summer", "window", "garden", "river", "engine", "picture", "vision",
    "measure", "judge", "church", "kitchen", "pepper", "apple", "number", "people", "problem", "system", "company",
    "moment", "village", "forest", "voice", "fever", "coffee", "father", "feather", "weather", "thought", "thumb",
    "month", "bridge", "beach", "boat", "moon", "room", "food", "wood", "book", "foot", "bird", "world", "girl", "work",
    "house", "mountain", "boy", "oil", "toy", "cloud", "light", "night", "fire", "hour", "year", "chair", "table",
    "yellow umbrella", "wooden box", "quick answer", "open door", "broken lamp", "phone", "camera", "microphone",
    "question", "letter", "story", "song", "train", "station", "ticket", "morning", "evening", "dinner", "breakfast",
    "lemon", "melon", "banana", "tomato", "potato", "shampoo", "mushroom", "shadow", "jacket", "zebra", "puzzle",
)  # fmt: skip
NAMES = (
    "Bob", "Paula", "Emma", "Peter", "Michael", "Barbara", "Victor", "Fiona", "Thomas", "Ruth", "Joshua", "Sharon",
    "William", "Wendy", "Leo", "Lily", "Rob", "Yusuf", "Zoe", "George", "Chuck", "Hugo", "Olivia", "Aria", "Kim",
)  # fmt: skip
VERBS = (
    "puts", "buys", "makes", "moves", "finds", "leaves", "wants", "watches", "shows", "chooses", "enjoys", "needs",
    "keeps", "gives away", "throws", "brings back", "thinks about", "looks at", "listens to", "breaks", "hopes for",
    "pushes", "pulls", "opens", "closes", "remembers", "loves", "holds", "sells", "paints", "washes", "forgets",
)  # fmt: skip
ADJECTIVES = (
    "big", "small", "blue", "purple", "warm", "cool", "empty", "full", "famous", "favourite", "beautiful", "simple",
    "possible", "huge", "smooth", "rough", "thin", "thick", "early", "useful", "wonderful", "awful", "brown", "green",
    "yellow", "quiet", "loud", "modern", "strange", "cheap", "shiny", "heavy", "narrow", "bright", "familiar", "rare",
)  # fmt: skip
PLACES = (
    "in Paris", "at home", "by the sea", "near the harbour", "on the bus", "in the middle of the room", "upstairs",
    "behind the old mill", "in the park", "from Boston", "under the bridge", "across the street", "above the shop",
    "in my opinion", "for a while", "before noon", "after the meeting", "on Wednesday", "in February", "every morning",
)  # fmt: skip
FRAMES = (
    "{name} {verb} the {adjective} {noun} {place}.",
    "The {noun} and the {noun2} were {adjective}.",
    "Why do you think that {name} {verb} a {noun}?",
    "I would love to show you my {adjective} {noun} {place}.",
    "Could you please move the {noun} {place}?",
    "Well, {name} and {name2} have {number} {adjective} ideas about it.",
    "It is {number} minutes past {hour}, and the {noun} is still {adjective}.",
    "Maybe {name} {verb} the {noun}, but {name2} {verb2} the {noun2}.",
    "No, the {noun} {place} was not {adjective} at all!",
    "My {noun} is {adjective}; yours is {adjective2}.",
    "Please remember: {number} {adjective} pages, and then the {noun}.",
    "What a {adjective} {noun}!",
    "Oh, we owe you {number} pounds for the {noun}.",
    "If {name} {verb} the {noun} {place}, everybody laughs.",
    "She said that five of us have {adjective} views of the {noun}.",
    "Both the {noun} and the {noun2} belong to {name}.",
)
PHRASES = (
    "Hello, I am Alex. How can I help you today?",
    "I can see you and I can hear you.",
    "Good question. Let me think about it for a moment.",
    "Yes, of course.", "I am sorry, I did not catch that.", "Thank you very much.", "Goodbye, it was nice to meet you.",
    "Mhm.", "Sure, no problem.", "Right, that makes sense.", "Wow, that is amazing!", "Let me repeat that for you.",
    "You are welcome.", "Is there anything else?", "Take your time, I am listening.",
    "Rivers of ice move very slowly, but they shape the whole valley.",
    "The moon is about three hundred and eighty four thousand kilometres away.",
    "Water boils at a lower temperature when you are high up in the mountains.",
    "Bees tell each other where the flowers are by dancing.",
    "The first thing that I would do is to make a list, and then begin with the smallest job.",
)  # fmt: skip
HELD_OUT = (
    "A pale blue butterfly was sleeping on the warm map of Bombay.",
    "Mom bought a bumpy pumpkin, and Pam put it in a paper bag.",
    "Perhaps we may borrow the boat, because the bridge by the mill is broken.",
    "Five brave women climbed up the hill above the bay.",
    "Stop there. The lamp by the cupboard has never been mine.",
    "How many problems has the company solved by September?",
    "Of course, the moving picture is both simple and beautiful.",
    "Bob's umbrella is probably somewhere between the shop and the pub.",
)
PROBED = (  # for judging, too: as many vowels as contacts are rare
    "The old dog ran across the yard to its house.",
    "Nobody could open the heavy iron gate in time.",
    "Cold rain fell all night on the harbour wall.",
    "She took a hot cup of tea and sat down outside.",
    "Have another slice of the lemon cake, my dear.",
    "Those tall trees have stood on that hill for ages.",
    "A proud black cat watched us from the garden path.",
    "He shook the box, and six coins fell out of it.",
    "The doctor said that I ought to walk a lot more.",
    "Grandmother makes the best plum jam in the village.",
    "Our team lost the match by a single point again.",
    "Leave your coat and hat on the chair over there.",
    "Both brothers play the violin better than I do.",
    "It was so loud that I could not hear the phone.",
    "Half of the apples had already gone bad by May.",
    "A small light shone at the end of the long tunnel.",
    "Let us talk about that when I come home tonight.",
    "The captain saw land just after dawn on Monday.",
    "Grab a towel, the water is running over the edge.",
    "Our neighbour has five chickens and a noisy goat.",
    "What would happen if the clock stopped right now?",
    "They sang until the last guest had gone to bed.",
    "The train to the coast was ten minutes late today.",
    "Add salt, a bit of butter, and stir it all slowly.",
    "You can see the whole valley from this rocky ledge.",
    "Pick up the pen and put your name at the bottom.",
    "Her uncle taught us how to sail a wooden dinghy.",
    "An honest answer is often the hardest one to give.",
    "The movie ended, but none of us wanted to go out.",
    "Every autumn the leaves cover the entire lawn.",
    "Tom asked how much a kilo of tomatoes would cost.",
    "Far above the clouds the sky is almost black.",
)  # fmt: skip


def sentence(rng: np.random.Generator) -> str:
    """One sentence or, one time in six, a phrase of conversation."""
    if rng.random() < 1 / 6:
        return str(rng.choice(PHRASES))
    noun, noun2 = rng.choice(NOUNS, 2, replace=False)
    name, name2 = rng.choice(NAMES, 2, replace=False)
    verb, verb2 = rng.choice(VERBS, 2, replace=False)
    adjective, adjective2 = rng.choice(ADJECTIVES, 2, replace=False)
    return str(rng.choice(FRAMES)).format(
        noun=noun, noun2=noun2, name=name, name2=name2, verb=verb, verb2=verb2, adjective=adjective,
        adjective2=adjective2, place=rng.choice(PLACES), number=rng.integers(2, 120), hour=rng.integers(1, 13),
    )  # fmt: skip


def passage(rng: np.random.Generator) -> str:
    """One to three sentences."""
    return " ".join(sentence(rng) for _ in range(rng.integers(1, 4)))


def word_salad(rng: np.random.Generator) -> str:
    """Words of the lexicon in no order that means anything, many with u or w: every sound beside every other."""
    every, rounded = vocabulary()
    said = []
    for _ in range(rng.integers(4, 9)):
        said.append(str(rng.choice(rounded if rng.random() < ROUNDED_SHARE else every)))
        if rng.random() < ROUNDED_SHARE:
            said.append(str(rng.choice(SMALL_WORDS)))
    return f"{' '.join(said).capitalize()}{rng.choice(list('...?!'))}"


@cache
def vocabulary() -> tuple[list[str], list[str]]:
    """English words of three to eight letters in the default voice's lexicon, and those of them with u, ʊ or w."""
    lexicon = files("hibari") / "assets" / "lexicon_us_gold.json.gz"
    spoken = json.loads(gzip.decompress(lexicon.read_bytes()))
    every = sorted(
        word for word, sounds in spoken.items()
        if isinstance(sounds, str) and word.isalpha() and word.islower() and 3 <= len(word) <= 8
    )  # fmt: skip
    return every, [word for word in every if set("uʊw") & set(spoken[word])]


def text(rng: np.random.Generator, language: str = "en") -> str:
    """What somebody says in one turn."""
    if language != "en":
        return foreign(rng, language)
    kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    if kind == "talk":
        return passage(rng)
    if kind == "words":
        return word_salad(rng)
    if kind == "reading":
        return " ".join(f"{rng.choice(LINKS)}{sentence(rng)}" for _ in range(rng.integers(4, 8)))
    if kind == "list":
        things = rng.choice(NOUNS, int(rng.integers(3, 7)), replace=False)
        return f"{rng.choice(LIST_OPENINGS)} {', '.join(things[:-1])}, and {things[-1]}."
    if kind == "number":
        return str(rng.choice(NUMBERS)).format(
            a=rng.integers(2, 60), b=rng.integers(10, 100), c=rng.integers(100, 3000), hour=rng.integers(1, 13),
            month=rng.choice(MONTHS), digits=" ".join(str(d) for d in rng.integers(0, 10, 7)),
        )  # fmt: skip
    if kind == "names":
        one, two, three = rng.choice(NAMES, 3, replace=False)
        return str(rng.choice(INTRODUCTIONS)).format(one=one, two=two, three=three)
    return str(rng.choice(TURNS[kind])).format(noun=rng.choice(NOUNS), adjective=rng.choice(ADJECTIVES))


# kind of a turn: how often
KINDS = {
    "talk": 0.33, "words": 0.15, "question": 0.08, "list": 0.08, "exclamation": 0.06, "number": 0.08, "names": 0.05,
    "laughter": 0.04, "reply": 0.08, "reading": 0.05,
}  # fmt: skip
TURNS = {
    "question": (
        "Really?", "How do you know?", "Who made this {noun}?", "What is a {adjective} {noun} for?",
        "Where have you been?",
        "Would you rather have the {noun}, or something more {adjective}?", "Do you remember the {noun}?", "Which one?",
        "When will the {noun} be here, and who is going to pay for it?", "Is it {adjective}?",
        "Could you say that again?",
    ),
    "exclamation": (
        "Wow!", "What a {adjective} day!", "Oh no, not the {noun}!", "Fantastic!", "I cannot believe it!",
        "Look at that {noun}!",
        "Bravo, bravo!", "How {adjective}!", "Stop it, please!", "Finally, my {noun} is back!", "Of course you may!",
    ),
    "laughter": (
        "Ha ha ha!", "Ha ha, that is so funny!", "Heh heh. My {noun}!", "Ha! You made me laugh.",
        "Oh, ha ha ha, stop it!",
        "He he he, a {adjective} {noun}.",
    ),
    "reply": (
        "Yes.", "No.", "Maybe.", "Of course.", "Oh.", "I see.", "Not really.", "Me too.", "Why not?",
        "Perhaps tomorrow.",
        "Absolutely.", "I am not sure.", "Probably.", "Fine by me.", "You bet.", "Both, I suppose.",
    ),
}  # fmt: skip
SMALL_WORDS = (
    "the", "a", "and", "of", "to", "you", "who", "is", "was", "in", "on", "with", "some", "no", "two", "our", "your",
    "for", "from", "we", "it", "that", "what", "do", "could",
)  # fmt: skip
ROUNDED_SHARE = 0.45
BACKCHANNELS = ("Mhm.", "Yeah.", "Right.", "Uh huh.", "Okay.", "Oh.", "I see.", "Wow.", "Hm.", "Sure.")
LINKS = ("", "", "Then ", "After that, ", "But ", "And so ", "However, ", "Before long, ")
LIST_OPENINGS = ("We need", "I bought", "On the table there are", "My favourites are", "Bring me, please,", "She sees")
NUMBERS = (
    "It costs {b} pounds and {a} pence.", "Call me on {digits}.", "The train leaves at {hour} {a} from platform {a}.",
    "That was in {c}, on the {a} of {month}.", "{a} plus {b} is more than {a}.",
    "About {b} percent of {c} people agree.",
    "One, two, three, four, five, six, seven, eight, nine, ten.", "Five, fifteen, fifty five, {c}.",
)  # fmt: skip
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November")
INTRODUCTIONS = (
    "I am {one}, and this is my friend {two}.", "Have you met {one}, {two} and {three}?",
    "My name is {one}. And yours?",
    "Please tell {one} that {two} is waiting.", "{one} and {two} live next door to {three}.", "Hello {one}! Hi {two}!",
)  # fmt: skip
