"""Judge an exported motion model as it serves, beside baselines: one command, tables and pictures.

    python -m visavis_models.train.evaluate [PART ...] [--model DIR] [--teacher DIR] [--beside NAME=DIR]
                                            [--pictures DIR] [--quick]

Lips are judged on captures that were not trained on (one FACEGOOD clip, GRID's unseen sentences), closures on sentences
with known phone times, the rest of the face on silence, long speech and conversations. Parts can be run alone; all of
them where none is named. The tables are Markdown.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from visavis_models.errors import InputError, VisavisError
from visavis_models.serve.layout import HOP, LOOKAHEAD_FRAMES
from visavis_models.serve.motion import MotionModel
from visavis_models.spec import INDEX, MODEL_FRAME, MODEL_RATE, ROTATION, frames_in
from visavis_models.train import scores
from visavis_models.train.curves import draw_curves, draw_spoken
from visavis_models.train.held_out import Judge, facegood, grid, minutes
from visavis_models.train.kokoro import Kokoro
from visavis_models.train.listening import judge_listening
from visavis_models.train.mouth import author_mouth
from visavis_models.train.play import animate
from visavis_models.train.regression import Example, fit
from visavis_models.train.sentences import HELD_OUT, PROBED
from visavis_models.train.voice import Synthesiser, Utterance, Voice

FloatArray = NDArray[np.float32]
Item = TypeVar("Item")
Predictor = Callable[[FloatArray], FloatArray]  # a voice [N] to curves [T, K]

UNHEARD, UNHEARD_PITCH = 3, 0.88  # the closures' sentences are said by a voice, and by a throat, of their own
SPOKEN = "Peter Piper picked a peck of pickled peppers. Five fat frogs. Blue moon. Wow, who knew?"
ROUNDED = "uʊwoOQWyøɔɹʃʒʧʤɜɚ"  # sounds that round the lips, at least a little
TEACHER_STEPS = 8
CURVE_SHARES, CURVE_STEPS, MANY = (0.125, 0.25, 0.5, 1.0), 200, 50
PARTS = ("captures", "closures", "life", "listening", "speed", "pictures")
QUICK = ("captures", "closures", "pictures")
SHIFT_S = 1.3  # how far another sentence's voice is moved when it stands for a wrong one


def shown(items: Sequence[Item], what: str) -> Iterator[Item]:
    """The items, with a progress bar on a terminal."""
    return iter(tqdm(items, desc=what, leave=False, disable=not sys.stderr.isatty()))


def table(title: str, head: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    """A Markdown table, row by row as it is found."""
    print(f"\n### {title}\n\n| {' | '.join(head)} |\n|{' --- |' * len(head)}", flush=True)
    for row in rows:
        cells = [f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in row]
        print(f"| {' | '.join(cells)} |", flush=True)


def judge_captures(judge: Judge, models: Mapping[str, MotionModel], cache: Path) -> None:
    """Every curve of a talker's held-out speech: the models and what stands beside them."""
    head = ["", *(f"{curve}: r | lag ms | amplitude" for curve in judge.curves)]
    title = f"{judge.name}, {minutes(judge.held_out):.1f} minutes held out, {minutes(judge.train):.1f} to learn from"

    def rows() -> Iterator[Sequence[object]]:
        for name, predict in _predictors(judge, models, cache):
            yield (name, *judge.score([predict(example.audio) for example in shown(judge.held_out, name)]))

    widened = [cell for part in head for cell in part.replace(": r", " r").split(" | ")]
    table(title, widened, rows())


def _predictors(judge: Judge, models: Mapping[str, MotionModel], cache: Path) -> Iterator[tuple[str, Predictor]]:
    K = len(judge.curves)
    for name, model in models.items():
        yield name, lambda audio, m=model: judge.read(animate(m, audio))  # type: ignore[misc]
    model = next(iter(models.values()))
    known = {style: strength for style, strength in judge.mark.items() if style in model.styles}
    yield "the model, told whose face it is", lambda audio: judge.read(animate(model, audio, style=known))
    regression = fit(judge.train, cache=cache)
    yield "plain convolutional regression", regression
    yield "log energy of the voice", lambda audio: np.repeat(scores.log_energy(audio)[:, None], K, axis=1)
    yield "the model on another voice", lambda audio: judge.read(animate(model, _other(audio, judge)))
    yield "the model on silence", lambda audio: judge.read(animate(model, np.zeros_like(audio)))


def _other(audio: FloatArray, judge: Judge) -> FloatArray:
    """Other speech of the same talker, as long."""
    others = np.concatenate([example.audio for example in judge.train[: 1 + len(audio) // 10_000]])
    shift = int(SHIFT_S * MODEL_RATE)
    return np.roll(np.resize(others, len(audio)), shift).copy()


def judge_learning_curve(judge: Judge, cache: Path) -> None:
    """Plain regression on ever more of a talker: what more capture would give."""

    def rows() -> Iterator[Sequence[object]]:
        for share in CURVE_SHARES:
            part = tuple(_first_minutes(judge, share * minutes(judge.train)))
            regression = fit(part, steps=CURVE_STEPS, cache=cache)
            found = judge.score([regression(example.audio) for example in judge.held_out])
            yield (f"{minutes(part):.1f}", *(f"{tracked.r:.3f}" for tracked in found))

    table(f"{judge.name}: r of plain regression against minutes of capture", ("minutes", *judge.curves), rows())


def _first_minutes(judge: Judge, length_min: float) -> Iterator[Example]:
    """So many minutes of what there is to learn from, an equal part of each recording where they are long."""
    whole = minutes(judge.train)
    for k, example in enumerate(judge.train):
        if len(judge.train) < MANY:
            frames = int(len(example.curves) * length_min / whole)
            yield Example(example.audio[: frames * MODEL_FRAME], example.curves[:frames])
        elif int((k + 1) * length_min / whole + 1e-6) > int(k * length_min / whole + 1e-6):
            yield example


def judge_liveliness(judge: Judge, model: MotionModel, cache: Path) -> None:
    """Speed, and share of power above 5 Hz, of each curve, by the capture's; mouth energy beside the talker's own."""
    captured = np.concatenate([example.curves for example in judge.held_out])
    energy = np.concatenate([scores.log_energy(example.audio) for example in judge.held_out])
    regression = fit(judge.train, cache=cache)

    def rows() -> Iterator[Sequence[object]]:
        model_curves: Predictor = lambda audio: judge.read(animate(model, audio))  # noqa: E731
        for name, predict in (("the model", model_curves), ("plain convolutional regression", regression)):
            moved = np.concatenate([predict(e.audio)[: len(e.curves)] for e in judge.held_out])
            ratios = [scores.liveliness(moved[:, k], captured[:, k]) for k in range(captured.shape[1])]
            yield (name, *(f"{speed:.2f}, {fast:.2f}" for speed, fast in ratios),
                   f"{scores.correlation(moved[:, 0], energy):.2f}")  # fmt: skip
        yield ("the talker", *["1, 1"] * captured.shape[1], f"{scores.correlation(captured[:, 0], energy):.2f}")

    table(
        f"{judge.name}: speed, fast part (by the capture's)",
        ["", *judge.curves, f"r of {judge.curves[0]} with log energy"],
        rows(),
    )


def judge_closures(models: Mapping[str, MotionModel], said: Sequence[Utterance], who: str) -> None:
    """Lips together on p, b, m, at the teeth on f, v, round on u, w, and each in vowels away from them: false finds."""

    def rows() -> Iterator[Sequence[object]]:
        for name, model in models.items():
            yield _contacts(name, [animate(model, u.audio, seed=k) for k, u in enumerate(shown(said, name))], said)
        authored = [author_mouth(u.phones, frames_in(len(u.audio), MODEL_RATE)) for u in said]
        yield _contacts("authored (what it learned from)", authored, said)

    title = f"Within 40 ms of {len(said)} held-out sentences by {who}"
    head = ("", "p b m closed", "vowels closed", "f v bitten", "vowels bitten", "u w round", "vowels round")
    table(title, head, rows())


def _contacts(name: str, motions: Sequence[FloatArray], said: Sequence[Utterance]) -> list[str]:
    """A row of contacts found and of false finds, counted over all the sentences."""
    cells = [name]
    # lips that close on the way to f or v, or rest in silence, are no false finds
    for marked, symbols, excused in (
        (scores.closed, "pbm", "pbmfv_"), (scores.bitten, "fv", "fv_"), (scores.rounded, "uw", ROUNDED),
    ):  # fmt: skip
        pairs = [(marked(motion), u.phones) for motion, u in zip(motions, said, strict=True)]
        true = [scores.found(frames, [p for p in phones if p.symbol in symbols]) for frames, phones in pairs]
        false = [scores.false_finds(frames, phones, excused) for frames, phones in pairs]
        for hits, count in (np.sum(true, axis=0), np.sum(false, axis=0)):
            cells.append(f"{hits}/{count} = {hits / max(1, count):.3f}")
    return cells


def judge_life(model: MotionModel, speech: FloatArray, drift_minutes: float) -> None:
    """Silence, long speech, seams and drift."""
    rest = animate(model, np.zeros(60 * MODEL_RATE, np.float32), seed=1)
    spoken = animate(model, speech, seed=1)
    a_minute, shut_ms = scores.blinks(rest)
    rest_degrees, degrees = (np.degrees(m[:, ROTATION].std(axis=0)) for m in (rest, spoken))
    table(
        "The rest of the face",
        ("figure", "value"),
        iter(
            [
                ("blinks a minute in silence, lids more than half shut", f"{a_minute:.0f}, {shut_ms:.0f} ms"),
                ("blinks a minute in speech", f"{scores.blinks(spoken)[0]:.0f}"),
                ("head in silence, pitch, yaw, roll (deviation, degrees)", _list(rest_degrees)),
                ("head in speech", _list(degrees)),
                ("head in speech with the voice's pitch, mean absolute r",
                 f"{scores.head_and_pitch(spoken, speech):.2f}"),
                ("the same with the speech half a minute off",
                 f"{scores.head_and_pitch(spoken, np.roll(speech, len(speech) // 2)):.2f}"),
                ("lip gap in silence, mean and highest (eye distances)",
                 f"{scores.lip_gap(rest).mean():.4f}, {scores.lip_gap(rest).max():.4f}"),
                ("jerk across seams by jerk within hops", f"{scores.seam_ratio(spoken):.2f}"),
                (f"drift over {drift_minutes:g} minutes of streaming", _drift(model, speech, drift_minutes)),
            ]
        ),
    )  # fmt: skip


def _drift(model: MotionModel, speech: FloatArray, length_min: float) -> str:
    """The largest change of a channel's mean from the first to the last tenth of a long stream, by its deviation."""
    loops = max(1, round(length_min * 60 * MODEL_RATE / len(speech)))
    frames = len(speech) // MODEL_FRAME // HOP * HOP  # whole hops, so that every loop begins at a seam
    looped = np.concatenate([speech[: frames * MODEL_FRAME]] * 2)
    state, means = model.begin(seed=5), []
    for _ in shown(range(loops), "drift"):
        rows = []
        for at in range(0, frames, HOP):
            motion, state = model.step(state, looped[at * MODEL_FRAME : (at + HOP + LOOKAHEAD_FRAMES) * MODEL_FRAME])
            rows.append(motion.values)
        means.append((np.concatenate(rows).mean(axis=0), np.concatenate(rows).std(axis=0)))
    part = max(1, loops // 10)
    early, late = (np.mean([mean for mean, _ in piece], axis=0) for piece in (means[:part], means[-part:]))
    change = np.abs(late - early) / np.maximum(np.mean([spread for _, spread in means], axis=0), 0.02)
    names = list(INDEX)
    return (
        f"{change.max():.2f} of its deviation at most ({names[int(change.argmax())]}), {change.mean():.3f} on average"
    )


def judge_speed(models: Mapping[str, MotionModel], hops: int = 60) -> None:
    """Time of one hop of 8 frames on one core."""
    voice = np.zeros((HOP + LOOKAHEAD_FRAMES) * MODEL_FRAME, np.float32)

    def rows() -> Iterator[Sequence[object]]:
        for name, model in models.items():
            state, times = model.begin(), []
            for _ in range(hops):
                begun = time.process_time()
                _, state = model.step(state, voice)
                times.append(1000 * (time.process_time() - begun))
            yield name, f"{np.median(times):.1f}", f"{np.median(times) / HOP:.2f}"

    table("Processor time", ("", f"a hop of {HOP} frames, ms", "a frame, ms"), rows())


def _list(values: NDArray[np.float64]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


class Speech:
    """Sentences with phone times by the two voices never trained on, said when they are first asked for."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts, self._rng = texts, np.random.default_rng(7)

    @cached_property
    def hibari(self) -> list[Utterance]:
        return self._say(self.voice, "hibari", UNHEARD_PITCH)

    @cached_property
    def kokoro(self) -> list[Utterance]:
        return self._say(Kokoro(UNHEARD), "Kokoro", 1.0)

    @cached_property
    def spoken(self) -> Utterance:
        return self.voice.say(SPOKEN, np.random.default_rng(7))

    @cached_property
    def voice(self) -> Voice:
        return Voice()

    def _say(self, speaker: Synthesiser, name: str, pitch: float) -> list[Utterance]:
        return [speaker.say(text, self._rng, pitch=pitch) for text in shown(self._texts, f"{name} speaks")]


def evaluate(options: argparse.Namespace) -> None:
    """Print the tables that were asked for."""
    parts = options.parts or (QUICK if options.quick else PARTS)
    model, models = _models(options)
    captured = options.learning_curve or {"captures", "pictures"} & set(parts)
    judges = _judges(options.captures, quick=options.quick) if captured else []
    if options.learning_curve:
        for judge in judges:
            judge_learning_curve(judge, options.cache)
        return
    print(f"trained: {model.card['training']}")
    speech = Speech(HELD_OUT if options.quick else HELD_OUT + PROBED)
    if "captures" in parts:
        for judge in judges:
            judge_captures(judge, models, options.cache)
            judge_liveliness(judge, model, options.cache)
    if "closures" in parts:
        judge_closures(models, speech.hibari, "hibari")
        judge_closures(models, speech.kokoro, f"Kokoro {UNHEARD}")
    if "life" in parts:
        judge_life(model, np.concatenate([u.audio for u in speech.kokoro]), options.drift_minutes)
    if "listening" in parts:
        judge_listening(model)
    if "speed" in parts:
        judge_speed(models)
    if "pictures" in parts and options.pictures:
        draw_curves(model, speech.kokoro[1], judges, options.cache, options.pictures)
        draw_spoken(model, speech.spoken, options.pictures / "spoken.jpg")


def _models(options: argparse.Namespace) -> tuple[MotionModel, dict[str, MotionModel]]:
    """The model that is judged, and all that stand in the tables, by name."""
    model = MotionModel.load(options.model)
    models = {"the model, 2 steps": model}
    for name, folder in options.beside:
        models[name] = MotionModel.load(folder)
    if not options.quick:
        models |= {f"the model, {n} step{'s' * (n > 1)}": MotionModel.load(options.model, steps=n) for n in (1, 4)}
    if options.teacher:
        models[f"the teacher, {TEACHER_STEPS} steps"] = MotionModel.load(options.teacher, steps=TEACHER_STEPS)
    return model, models


def _judges(captures: Path, *, quick: bool) -> list[Judge]:
    """Those whose captures are there; what is not there is said on stderr."""
    judges = []
    for name in ("facegood", "grid"):
        folder = captures / name
        if not folder.exists():
            print(f"{folder}: not there, so no figures on it; --captures names the folder above it", file=sys.stderr)
        else:
            judges.append(facegood(folder) if name == "facegood" else grid(folder, every=3 if quick else 1))
    return judges


def _named_folder(pair: str) -> tuple[str, Path]:
    name, _, folder = pair.partition("=")
    if not folder:
        raise argparse.ArgumentTypeError(f"{pair!r} is not NAME=DIR")
    return name, Path(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--model", type=Path, help="folder of an exported model; default: the shipped one")
    parser.add_argument("--teacher", type=Path, help="folder of its exported teacher")
    parser.add_argument(
        "--beside", action="append", default=[], type=_named_folder, metavar="NAME=DIR", help="another model to judge"
    )
    parser.add_argument("--captures", type=Path, default=Path("../shared/data"), help="folder of facegood/ and grid/")
    parser.add_argument("--cache", type=Path, default=Path("runs/regressions"), help="fitted regressions are kept here")
    parser.add_argument("--pictures", type=Path, help="draw curves into this folder")
    parser.add_argument("--drift-minutes", type=float, default=60)
    parser.add_argument(
        "--learning-curve", action="store_true", help="only this: regression against minutes of capture"
    )
    parser.add_argument("--quick", action="store_true", help="captures and closures only, fewer of them")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"part {part!r} is not known; known are {', '.join(PARTS)}")
    if "pictures" in options.parts and not options.pictures:
        parser.error("pictures need a folder: --pictures DIR")
    torch.set_num_threads(1)
    evaluate(options)


if __name__ == "__main__":
    try:
        main()
    except VisavisError as error:
        print(f"visavis: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, InputError) else 1)
