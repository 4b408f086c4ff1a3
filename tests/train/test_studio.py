"""The data studio: phone times that are true, scenes that come again from their seed, runs that survive a kill."""

import filecmp
import signal
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("espeakng_loader", reason="the data studio needs its packages: make test-train")

from visavis_models.errors import InputError
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.spec import INDEX, MODEL_RATE, WEIGHTS
from visavis_models.train.augment import augmented_voice, by_telephone, in_room, noisy
from visavis_models.train.author import authored_motion
from visavis_models.train.cast import checked_sources
from visavis_models.train.conversation import Speaker, converse
from visavis_models.train.espeak import Espeak
from visavis_models.train.ipa import as_phones, shaped
from visavis_models.train.kokoro import Kokoro
from visavis_models.train.languages import LANGUAGES
from visavis_models.train.life import melody, smiles
from visavis_models.train.picture_book import draw_lips, mouth_picture
from visavis_models.train.piper import Piper
from visavis_models.train.scenes import STYLES, load_scenes
from visavis_models.train.sentences import KINDS, text, vocabulary, word_salad
from visavis_models.train.studio import make
from visavis_models.train.voice import Voice

TEXT = "Bob met my mother. Pam sat."


@pytest.mark.parametrize("voice", [Voice(), Espeak("en", "+f2"), Piper(), Kokoro(3)], ids=lambda voice: voice.source)
def test_phones_lie_where_they_sound(voice):
    said = voice.say(TEXT, np.random.default_rng(0), pitch=1.1)
    again = voice.say(TEXT, np.random.default_rng(0), pitch=1.1)
    np.testing.assert_array_equal(said.audio, again.audio)
    assert [p.symbol for p in said.phones if p.symbol in "bmp"] == list("bbmmmpm")
    assert all(a.end <= b.begin + 1e-6 for a, b in zip(said.phones, said.phones[1:], strict=False))
    assert abs(said.phones[-1].end - len(said.audio) / MODEL_RATE) < 0.03

    open_, silent = (np.zeros(len(said.audio) // 80, bool) for _ in range(2))  # steps of 5 ms
    for phone in said.phones:
        (silent if phone.symbol in "_pbtk" else open_)[int(phone.begin * 200) : int(phone.end * 200)] = True
    level = np.log(1e-3 + np.abs(said.audio[: 80 * len(open_)]).reshape(-1, 80).max(axis=1))
    fit = [np.corrcoef(np.roll(open_ & ~silent, shift), level)[0, 1] for shift in range(-12, 13)]
    assert abs(5 * (int(np.argmax(fit)) - 12)) <= 25 and max(fit) > 0.6, fit  # ms


def test_every_language_is_spoken_with_known_sounds():
    for language in LANGUAGES:
        said = Espeak(language).say(text(np.random.default_rng(1), language), np.random.default_rng(1))
        sounds = [phone for phone in said.phones if phone.symbol != "_"]
        assert len(sounds) > 8 and said.audio.std() > 0.01, language


def test_sounds_that_look_alike_share_a_shape():
    assert shaped("ˈaɪ") == ("aɪ", 1.0) and shaped("tʃ") == ("ʧ", 0.0) and shaped("ʁ") == ("ɡ", 0.0)
    first, second = as_phones("ˈaɪ", 1.0, 1.1)
    assert first.end == second.begin == pytest.approx(1.06) and as_phones("|", 0, 1)[0].symbol == "_"


def test_texts_come_in_every_kind():
    rng = np.random.default_rng(0)
    said = {text(rng) for _ in range(300)}
    assert (
        len(said) > 250
        and any("Ha" in t for t in said)
        and any("?" in t for t in said)
        and abs(sum(KINDS.values()) - 1) < 1e-9
    )
    assert max(map(len, said)) > 200 and min(map(len, said)) < 8


def test_words_of_the_lexicon_come_beside_each_other():
    every, rounded = vocabulary()
    assert len(every) > 30_000 and {"moon", "wool"} <= set(rounded) and "tea" not in rounded and "tea" in every
    said = " ".join(word_salad(np.random.default_rng(seed)) for seed in range(100)).lower()
    assert len(set(said.split())) > 400


def test_two_people_take_turns_and_sometimes_overlap():
    people = [Speaker(Espeak("en", variant)) for variant in ("", "+f2")]
    own = user = both = 0
    for seed in range(3):
        said = converse(*people, np.random.default_rng(seed), seconds=30)
        frames = [np.abs(track).reshape(-1, 640).max(axis=1) > 0.01 for track in (said.own, said.user)]
        own, user, both = own + frames[0].sum(), user + frames[1].sum(), both + (frames[0] & frames[1]).sum()
        assert len(said.own) == len(said.user) and len(said.own) % 640 == 0
    assert own > 500 and user > 250 and 0 < both < 0.2 * (own + user)


def test_a_smile_is_answered_within_a_second_and_moods_and_styles_show():
    silence, track = np.zeros(640 * 500, np.float32), np.zeros((500, 10), np.float32)
    user = np.zeros((500, 60), np.float32)
    smile = smiles(np.random.default_rng(2), 500)
    user[:, INDEX["mouthSmileLeft"]] = user[:, INDEX["mouthSmileRight"]] = smile
    plain, mood = np.zeros(len(STYLES), np.float32), np.zeros(6, np.float32)
    answered = authored_motion(silence, silence, [], track, plain, mood, user)[:, INDEX["mouthSmileLeft"]]
    begins = np.argmax(smile > 0.3)
    assert answered[begins] < 0.05 < 0.1 < answered[begins : begins + 25].max()
    lopsided = plain.copy()
    lopsided[STYLES.index("asymmetry")] = 2.0
    motion = authored_motion(silence, silence, [], track, lopsided, mood, user)
    assert motion[:, INDEX["mouthSmileLeft"]].max() > 1.3 * motion[:, INDEX["mouthSmileRight"]].max()
    assert motion[:, WEIGHTS].min() >= 0 and motion[:, WEIGHTS].max() <= 1


def test_melody_rises_with_the_voice():
    t = np.arange(2 * MODEL_RATE) / MODEL_RATE
    hz = 120 + 40 * t
    tone = melody((0.3 * np.sign(np.sin(2 * np.pi * np.cumsum(hz) / MODEL_RATE))).astype(np.float32), 50)
    assert tone[40:48].mean() > 0.8 and tone[3:10].mean() < -0.8


def test_rooms_noise_and_telephones_keep_a_voice_in_its_place():
    voice = Voice().say(TEXT, np.random.default_rng(0)).audio
    rng = np.random.default_rng(0)
    for changed in (in_room(voice, rng, seconds=0.3, direct=0.8), by_telephone(voice), noisy(voice, rng, snr_db=15)):
        lags = np.array([np.dot(np.roll(changed, -lag), voice) for lag in range(-80, 81)])
        assert len(changed) == len(voice) and abs(int(lags.argmax()) - 80) <= 32  # 2 ms
    assert np.abs(augmented_voice(voice, rng)).max() <= 1 and not augmented_voice(0 * voice, rng).any()


KILLED_AT_THE_LAST_SCENE = """
import os, signal
from visavis_models.train import studio
make_scene = studio._scene
studio._scene = lambda plan, n: os.kill(os.getpid(), signal.SIGKILL) if n == plan.scenes - 1 else make_scene(plan, n)
studio.main()
"""


def test_a_killed_run_goes_on_and_ends_the_same(tmp_path):
    make(tmp_path / "whole", minutes=4.2, captures=None, voices=("espeak",))
    command = [sys.executable, "-c", KILLED_AT_THE_LAST_SCENE, str(tmp_path / "cut"), "--no-captures"]
    killed = subprocess.run([*command, "--voices", "espeak", "--hours", str(4.2 / 60)])
    assert killed.returncode == -signal.SIGKILL and (tmp_path / "cut" / "authored_0000").exists()
    assert not (tmp_path / "cut" / "authored_0001").exists()
    make(tmp_path / "cut", minutes=4.2, captures=None, voices=("espeak",), processes=2)
    files = [str(p.relative_to(tmp_path / "whole")) for p in (tmp_path / "whole").rglob("*") if p.is_file()]
    assert filecmp.cmpfiles(tmp_path / "whole", tmp_path / "cut", files, shallow=False)[0] == files and len(files) == 20
    scenes = load_scenes(tmp_path / "cut")
    assert len(scenes) == 5 and all(len(scene.voice) == 640 * len(scene) for scene in scenes)
    assert any(scene.talks[0] for scene in scenes) and scenes[0].phones and np.abs(scenes[0].mel).max() < 10


def test_unknown_voices_and_lengths_are_named(tmp_path):
    with pytest.raises(InputError, match="siri"):
        checked_sources(["hibari", "siri"])
    command = [sys.executable, "-m", "visavis_models.train.studio", str(tmp_path / "out"), "--hours", "0"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 2 and ran.stderr.count("\n") == 1 and not (tmp_path / "out").exists()


def test_the_picture_book_shows_closed_and_open_lips(tmp_path):
    renderer, row = Renderer(portrait("alex"), 512), np.zeros((2, 60), np.float32)
    row[1, INDEX["jawOpen"]] = 0.5
    shut, parted = ((mouth_picture(renderer, r).sum(axis=-1) < 200).mean() for r in row)
    assert shut < 0.01 < 0.04 < parted  # how much of the picture is the inside of a mouth, its tongue included
    draw_lips(tmp_path / "lips.png", Voice(), "Bob.")
    assert (tmp_path / "lips.png").stat().st_size > 10_000
