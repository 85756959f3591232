"""What is told about a machine, and what is not."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version

from simengine.training.report.environment import machine_facts, package_versions


def test_versions_are_those_installed() -> None:
    found = package_versions()
    assert found["python"] == platform.python_version()
    assert found["numpy"] == version("numpy")


def test_a_machine_is_told_without_its_name() -> None:
    facts = machine_facts()
    assert facts["cores"] == os.cpu_count()
    assert facts["processor"]
    assert platform.node() not in json.dumps(facts)
