"""The shipped face, before its first frame and after."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from visavis.avatar.face import Face
from visavis_models.serve.motion import MotionModel
from visavis_models.serve.portrait import portrait
from visavis_models.serve.renderer import Renderer
from visavis_models.serve.stream import HORIZON_FRAMES, FaceStream, MotionStream
from visavis_models.spec import MODEL_FRAME

# in a process of its own: here other tests may have compiled what is missing
UNSEEN = """
import sys
import numpy as np
from numba.core.dispatcher import Dispatcher
from visavis.avatar.face import Face
from visavis_models.serve.renderer import compile_kernels

def kernels():
    modules = [module for name, module in sys.modules.items() if name.startswith("visavis")]
    found = {id(kernel): kernel for module in modules for kernel in vars(module).values()
             if isinstance(kernel, Dispatcher)}
    return {str(kernel): len(kernel.signatures) for kernel in found.values()}

compile_kernels()
face, rng = Face.open("alex", size=256), np.random.default_rng(0)
before = kernels()
for step in face.steps:
    face.quality = step
    for _ in range(12):
        face.next(rng.normal(0, 0.1, 16000).astype(np.float32), None, None, 0)
print([name for name, count in kernels().items() if count != before.get(name)])
"""


def test_no_frame_of_a_call_waits_for_the_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", UNSEEN], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("listening", [True, False])
def test_a_face_that_does_not_listen_is_the_same_whoever_speaks(listening: bool) -> None:
    silence = np.zeros(HORIZON_FRAMES * MODEL_FRAME, np.float32)
    loud = np.random.default_rng(0).normal(0, 0.1, 5 * HORIZON_FRAMES * MODEL_FRAME).astype(np.float32)

    def drawn(user: np.ndarray | None) -> np.ndarray:
        motion, held = MotionStream(MotionModel.load(), seed=1), portrait("alex")
        face = Face(FaceStream(motion, Renderer(held, 256)), listening=listening)
        return np.stack([face.next(silence, user, None, 0) for _ in range(12)])

    assert np.array_equal(drawn(None), drawn(loud)) != listening
