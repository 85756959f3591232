"""simengine similarity-report: what a training set says twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simengine.cli.derived import request_options
from simengine.cli.options import ModelChoice, format_option, model_options, output_options
from simengine.cli.output import check_json_lines, write_lines
from simengine.cli.terminal import counted, note, one_line, print_pairs, progress_bar, shorten
from simengine.cli.texts import text_fields
from simengine.cli.watched import WatchedEncoder
from simengine.errors import DataError, UsageError
from simengine.requests.training import RepeatOptions

if TYPE_CHECKING:
    from simengine.corpus.examples import LabelledPair
    from simengine.training.duplicates import Cluster, DuplicateReport
    from simengine.types import Json

SHOWN_CHARACTERS = 100


@click.command("similarity-report")
@click.argument("file", type=click.Path(allow_dash=True))
@request_options(RepeatOptions, {"by": (), "symmetric": (), "jaccard": (), "cosine": ()}, to="repeats")
@click.option("--embeddings", is_flag=True, help="Compare meanings too, by a bi-encoder.")
@click.option("--fields", help="Names of the two text fields, as in question,answer.")
@click.option("--input-format", help="Read as this format whatever the suffix: jsonl, csv, tsv, parquet.")
@click.option("--encoding", default="utf-8", show_default=True, help="Of text files.")
@click.option("--examples", type=click.IntRange(0), default=3, show_default=True, help="Clusters to show.")
@format_option("table", "json")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for all clusters, JSON Lines.",
)
@click.option(
    "--drop-output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for the set without near-duplicates, JSON Lines, in the set's order.",
)
@model_options
@output_options
def command(
    file: str,
    repeats: Callable[..., RepeatOptions],
    embeddings: bool,
    fields: str | None,
    input_format: str | None,
    encoding: str,
    examples: int,
    format_: str,
    output: Path | None,
    drop_output: Path | None,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> None:
    """Near-duplicates in a file of pairs: how much of it is said twice, and where its labels contradict each other.

    Every row is compared with those before it. --drop-output keeps the first row of each label in a cluster, so that
    contradicting rows stay for you to decide on.
    """
    from simengine.corpus.examples import read_any_pairs
    from simengine.corpus.sources import is_stream
    from simengine.training.duplicates import find_duplicates

    names = text_fields(fields)
    check_json_lines(output)
    check_json_lines(drop_output)
    if drop_output is not None and is_stream(file):
        raise UsageError(
            "--drop-output reads the file a second time, which standard input and pipes do not allow"
        )
    rows = list(read_any_pairs(file, fields=names, encoding=encoding, file_format=input_format))
    if embeddings:
        report = _by_meaning(rows, repeats(), model_choice, hidden=quiet or no_progress)
    else:
        report = find_duplicates(rows, repeats())
    if format_ == "json":
        click.echo(json.dumps({"source": file, **report.to_dict()}, ensure_ascii=False, indent=2))
    else:
        _print_table(rows, report, examples)
    if output is not None:
        count = write_lines(_cluster_records(rows, report), output)
        note(f"{counted(count, 'cluster')} written to {output}", quiet=quiet)
    if drop_output is not None:
        n_kept = _write_kept(file, names, encoding, input_format, rows, report, drop_output)
        note(f"{n_kept:,} of {counted(len(rows), 'row')} written to {drop_output}", quiet=quiet)


def _by_meaning(
    rows: Sequence[LabelledPair], options: RepeatOptions, model_choice: ModelChoice, *, hidden: bool
) -> DuplicateReport:
    from simengine.training.duplicates import find_duplicates

    with model_choice.text_engine() as engine, progress_bar(hidden=hidden) as bar:
        bar.stage("encoding")
        return find_duplicates(rows, options, encoder=WatchedEncoder(engine.encoder, bar))


def _print_table(rows: Sequence[LabelledPair], report: DuplicateReport, n_examples: int) -> None:
    lines = [
        ("rows", f"{report.n_rows:,}"),
        (
            "distinct",
            f"{report.n_distinct:,}  ({report.repeated_share:.1%} of the rows repeat an earlier one)",
        ),
        ("effective", f"{report.n_effective:,.0f}  (distinct rows of equal weight that say as much)"),
    ]
    for kind, number in report.n_repeats.items():
        if kind != "embedding" or report.encoder is not None:
            lines.append((f"repeats, {kind}", f"{number:,}"))
    sizes = [len(cluster.rows) for cluster in report.clusters]
    lines.append(
        ("clusters", f"{len(sizes):,}" + (f"  (the largest has {max(sizes):,} rows)" if sizes else ""))
    )
    if report.n_conflicts is not None:
        shown = counted(report.n_conflicts, "cluster")
        if report.n_conflicts:
            shown += f" with {report.n_conflict_rows:,} rows  ({report.n_certain_conflicts:,} with the very same pair)"
        lines.append(("contradicting labels", shown))
    print_pairs(lines)
    # Contradictions first, then the largest clusters.
    ordered = sorted(
        report.clusters, key=lambda cluster: (not cluster.conflict, -len(cluster.rows), cluster.first)
    )
    for cluster in ordered[:n_examples]:
        click.echo()
        _print_cluster(rows, cluster)


def _print_cluster(rows: Sequence[LabelledPair], cluster: Cluster) -> None:
    repeats = cluster.repeats[:4]
    shown: list[tuple[str, str]] = [(f"line {rows[cluster.first].line}", _row_text(rows[cluster.first]))]
    for repeat in repeats:
        how = (
            repeat.kind
            if repeat.kind in ("exact", "normalised")
            else f"{repeat.kind} {repeat.similarity:.2f}"
        )
        shown.append((f"line {rows[repeat.row].line}  {how}", _row_text(rows[repeat.row])))
    if len(cluster.repeats) > len(repeats):
        shown.append(("", f"and {len(cluster.repeats) - len(repeats):,} more"))
    print_pairs(shown)


def _row_text(row: LabelledPair) -> str:
    labels = [] if row.label is None else [row.label]
    if row.score is not None:
        labels.append(f"{row.score:g}")
    texts = f"{shorten(row.text1, SHOWN_CHARACTERS)} | {shorten(row.text2, SHOWN_CHARACTERS)}"
    return f"[{one_line(' '.join(labels))}] {texts}" if labels else texts


def _cluster_records(rows: Sequence[LabelledPair], report: DuplicateReport) -> Iterator[dict[str, Json]]:
    for cluster in report.clusters:
        members: list[Json] = [_member(rows[cluster.first], "first", 1.0)]
        members += [_member(rows[repeat.row], repeat.kind, repeat.similarity) for repeat in cluster.repeats]
        yield {"size": len(members), "conflict": cluster.conflict, "rows": members}


def _member(row: LabelledPair, kind: str, similarity: float) -> dict[str, Json]:
    record: dict[str, Json] = {"line": row.line, "kind": kind, "similarity": round(similarity, 4)}
    record.update(text1=row.text1, text2=row.text2, label=row.label, score=row.score)
    return record


def _write_kept(
    file: str,
    names: tuple[str, str] | None,
    encoding: str,
    input_format: str | None,
    rows: Sequence[LabelledPair],
    report: DuplicateReport,
    path: Path,
) -> int:
    """Write the records of the rows that are kept as they stand in the file. Returns their number."""
    from simengine.corpus.examples import read_pair_records
    from simengine.training.duplicates import rows_to_keep

    lines = {rows[row].line for row in rows_to_keep(rows, report).tolist()}

    def kept() -> Iterator[dict[str, Json]]:
        n_kept = 0
        for line, record in read_pair_records(
            file, fields=names, encoding=encoding, file_format=input_format
        ):
            if line in lines:
                n_kept += 1
                yield record
        if n_kept != len(lines):
            raise DataError("the file changed while it was read", file)

    return write_lines(kept(), path)
