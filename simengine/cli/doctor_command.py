"""simengine doctor: explain the machine, and what simengine makes of it."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from simengine.cli.options import format_option, output_options

SIGNS = {"ok": ("✓", "green"), "note": ("·", "yellow"), "problem": ("✗", "red")}


@click.command("doctor")
@click.option("--gpu", is_flag=True, help="Fail (exit 1) unless FAISS and torch can both use a GPU.")
@click.option("--encode", is_flag=True, help="Also load the model, encode a text and time it.")
@format_option("table", "json")
@output_options
def command(gpu: bool, encode: bool, format_: str, quiet: bool, no_progress: bool) -> int:
    """Explain this machine: processor, threads, GPU, FAISS, packages, models, and whether it works offline.

    Exit 1 when something is wrong that keeps simengine from working.
    """
    from simengine.engine.diagnosis import diagnose

    findings = diagnose(gpu=gpu, encode=encode)
    if format_ == "json":
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            sign, colour = SIGNS[finding.level]
            if not quiet or finding.level == "problem":
                click.echo(f"{click.style(sign, fg=colour)} {finding.topic.ljust(10)} {finding.text}")
    return int(any(finding.level == "problem" for finding in findings))
