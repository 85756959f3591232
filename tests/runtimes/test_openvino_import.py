from __future__ import annotations

import subprocess
import sys


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_openvino_is_imported_without_its_converter() -> None:
    code = (
        "import sys; from simengine.runtimes.openvino_import import import_openvino; import_openvino();"
        "print('openvino' in sys.modules, 'openvino.tools.ovc' in sys.modules, 'openvino_telemetry' in sys.modules)"
    )
    assert run(code) == "True False False"


def test_the_callers_openvino_is_left_as_it_is() -> None:
    code = (
        "import sys, types; fake = types.ModuleType('openvino_telemetry'); sys.modules['openvino_telemetry'] = fake\n"
        "from simengine.runtimes.openvino_import import _unimportable\n"
        "with _unimportable('openvino_telemetry'): assert sys.modules['openvino_telemetry'] is None\n"
        "print(sys.modules['openvino_telemetry'] is fake)"
    )
    assert run(code) == "True"


def test_consent_is_withheld_only_while_converting() -> None:
    code = (
        "import sys, types; fake = types.ModuleType('t')\n"
        "class Telemetry:\n"
        "    consent = True\n"
        "one = Telemetry(); fake.Telemetry = lambda: one\n"
        "from simengine.runtimes.openvino_import import _without_consent\n"
        "with _without_consent(fake): inside = one.consent\n"
        "print(inside, one.consent)"
    )
    assert run(code) == "False True"
