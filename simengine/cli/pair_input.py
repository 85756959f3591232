"""What `score` and `nli` share: two texts or a file of pairs in, a line for each out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simengine.cli.options import collected, output_option, together
from simengine.cli.terminal import counted
from simengine.cli.texts import refuse_blank
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
    """

    texts: tuple[str, ...]
    pairs: str | None
    format_: str
    output: Path | None

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

        if self.alone == (len(self.texts) != 2):
            given = f"; {counted(len(self.texts), 'text')} given" if self.texts else ""
            raise UsageError(f"give {what}, or --pairs FILE{given}")
        refuse_blank(self.texts)
        if self.pairs is not None:
            check_source(self.pairs)

    def blocks(self) -> Iterator[list[Pair]]:
        """The pairs, in lists that are worth a model's call."""
        from simengine.corpus.pairs import Pair, read_pairs

        source = iter([Pair(self.texts[0], self.texts[1])]) if self.pairs is None else read_pairs(self.pairs)
        while block := list(islice(source, BATCH_PAIRS)):
            yield block


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
            help=f"File of pairs{order} (.jsonl .csv .tsv), or - for JSON Lines on stdin.",
        ),
        click.option(
            "--format",
            "format_",
            type=click.Choice(["table", "json", "jsonl"]),
            default="table",
            show_default=True,
        ),
        output_option,
        collected(PairInput, "given"),
    )
