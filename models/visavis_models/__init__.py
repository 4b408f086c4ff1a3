"""The neural side: arrays in, arrays out.

ONNX Runtime reports to its maker unless it is told not to before it is first imported.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
