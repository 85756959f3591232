"""What `score` and `nli` share: two texts or a file of pairs in, a line for each out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.options import collected, delimiter_option, format_option, output_option, together
from simengine.cli.terminal import counted, note
from simengine.cli.texts import refuse_blank, text_fields
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.corpus.pairs import Pair

BATCH_PAIRS = 1_024


@dataclass(frozen=True, slots=True)
class PairInput:
    """Two texts, or a file of pairs; and how each is written where.

    Attributes:
        texts: from the command line.
        pairs: file, or "-".
        format_: "table", "json" or "jsonl".
        output: file, or None for stdout.
        fields: names of the two fields of the file with a comma between, or None for the usual ones.
        delimiter: of a .csv or .tsv, or None for that of the format.
        input_format: of the file, or None to go by suffix.
    """

    texts: tuple[str, ...]
    pairs: str | None
    format_: str
    output: Path | None
    fields: str | None = None
    delimiter: str | None = None
    input_format: str | None = None

    @property
    def alone(self) -> bool:
        """Whether there are two texts and no file."""
        return self.pairs is None

    def check(self, what: str) -> None:
        """Refuse anything but two texts or a file, before a model is loaded.

        Args:
            what: the two texts are called, as in "two texts".

        Raises:
            UsageError: there are neither or both, or a text is blank.
            DataError: the file is not there, or its suffix is unknown.
        """
        from simengine.corpus.sources import check_source

        if len(self.texts) != (2 if self.alone else 0):
            given = f"; {counted(len(self.texts), 'text')} given" if self.texts else ""
            raise UsageError(f"give {what}, or --pairs FILE{given}")
        refuse_blank(self.texts)
        text_fields(self.fields)
        if self.pairs is not None:
            check_source(self.pairs, self.input_format)
        elif self.fields or self.delimiter or self.input_format:
            raise UsageError(
                "--fields, --delimiter and --input-format say how a file is read: give --pairs FILE"
            )

    def blocks(self) -> Iterator[list[Pair]]:
        """The pairs, in lists that are worth a model's call."""
        from simengine.corpus.pairs import Pair, read_pairs
        from simengine.corpus.report import ReadReport

        if self.pairs is None:
            yield [Pair(self.texts[0], self.texts[1])]
            return
        report = ReadReport()
        source = read_pairs(
            self.pairs,
            fields=text_fields(self.fields),
            file_format=self.input_format,
            delimiter=self.delimiter,
            report=report,
        )
        while block := list(islice(source, BATCH_PAIRS)):
            yield block
        for line in report.notes:
            note(line)


def pair_input(metavar: str | None, order: str) -> Callable[[Any], Any]:
    """Arguments and options that a command gets as one `PairInput`, called `given`.

    Args:
        metavar: of the two texts in --help; None for click's own.
        order: what --help says of the order in the file, such as ", premise first".
    """
    return together(
        click.argument("texts", nargs=-1, metavar=metavar),
        click.option(
            "--pairs",
            type=click.Path(allow_dash=True),
            help=f"File of pairs{order} (.jsonl .json .csv .tsv), or - for JSON Lines on stdin.",
        ),
        click.option(
            "--fields",
            metavar="A,B",
            help="Names of the two fields that hold the texts. [default: text1,text2 and other usual names]",
        ),
        delimiter_option,
        click.option(
            "--input-format",
            help="Read the file as this format whatever its suffix: jsonl, json, csv, tsv, parquet.",
        ),
        format_option("table", "json", "jsonl"),
        output_option,
        collected(PairInput, "given"),
    )
