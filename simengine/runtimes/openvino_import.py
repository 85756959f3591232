"""OpenVINO without its telemetry.

`import openvino` imports its model converter, which sends an event over the network and writes files into the
home folder (openvino/tools/ovc/__init__.py of 2026.4). The converter is needed only to export a graph, and it
uses a silent stub if `openvino_telemetry` cannot be imported.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

_IMPORT_LOCK = threading.RLock()
_WARMED: list[Any] = []
_CONVERTER, _TELEMETRY = "openvino.tools.ovc", "openvino_telemetry"


def import_openvino() -> Any:
    """The module `openvino`; if not imported before, then without its converter and so without telemetry.

    The first hand-over of a numpy array happens here, in one thread: the bindings look numpy up then, and two
    threads that do so at once wait for each other for ever (seen with 2026.4.1; a static guard that is held
    while the interpreter's lock is given up).
    """
    with _IMPORT_LOCK:
        with _unimportable(_CONVERTER) if "openvino" not in sys.modules else contextlib.nullcontext():
            openvino = importlib.import_module("openvino")
        if openvino not in _WARMED:
            np.array(openvino.Tensor(np.zeros((1, 1), np.float32)).data)
            _WARMED.append(openvino)
        return openvino


@contextlib.contextmanager
def silent_converter() -> Iterator[Any]:
    """`openvino.tools.ovc.convert_model`, sending nothing while the context lasts."""
    import_openvino()
    with _IMPORT_LOCK, contextlib.ExitStack() as stack:
        if _CONVERTER not in sys.modules:
            stack.enter_context(_unimportable(_TELEMETRY))
        converter = importlib.import_module(_CONVERTER)
        telemetry = sys.modules.get(_TELEMETRY)
        if telemetry is not None:  # the caller imported openvino before us
            stack.enter_context(_without_consent(telemetry))
        yield converter.convert_model


@contextlib.contextmanager
def _unimportable(name: str) -> Iterator[None]:
    present = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if present is None:
            sys.modules.pop(name, None)
        else:
            sys.modules[name] = present


@contextlib.contextmanager
def _without_consent(telemetry: Any) -> Iterator[None]:
    try:
        sender = telemetry.Telemetry()  # a singleton; raises if it was never created
    except RuntimeError:
        yield
        return
    consent, sender.consent = getattr(sender, "consent", False), False
    try:
        yield
    finally:
        sender.consent = consent
