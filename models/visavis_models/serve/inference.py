"""How every network of ours is run: ONNX Runtime on the calling thread alone."""

from __future__ import annotations

from pathlib import Path

import onnxruntime


def session(model: Path | bytes) -> onnxruntime.InferenceSession:
    """A network from its file or its bytes: one thread, no spinning (the frame loop needs the other core), no chatter.

    Raises whatever ONNX Runtime raises for a missing or damaged model; its exceptions share no base.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # it keeps the most that any run took
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
