"""OpenVINO without its telemetry.

`import openvino` imports its model converter, which sends an event over the network and writes files into the
home folder (openvino/tools/ovc/__init__.py of 2026.4). The converter is needed only to export a graph, and it
takes a silent stub where `openvino_telemetry` cannot be imported.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

_IMPORT_LOCK = threading.RLock()
_CONVERTER, _TELEMETRY = "openvino.tools.ovc", "openvino_telemetry"


def import_openvino() -> Any:
    """The module `openvino`; if not imported before, then without its converter and so without telemetry."""
    with _IMPORT_LOCK:
        if "openvino" in sys.modules:
            return sys.modules["openvino"]
        with _unimportable(_CONVERTER):
            return importlib.import_module("openvino")


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
        sender = telemetry.Telemetry()  # a singleton; raises where nobody made the first
    except RuntimeError:
        yield
        return
    consent, sender.consent = getattr(sender, "consent", False), False
    try:
        yield
    finally:
        sender.consent = consent
