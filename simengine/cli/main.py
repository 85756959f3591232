"""The group of all commands. Loads a command's module only when that command is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

import simengine

# Name → (module, one line for `simengine --help`). The lines stand here so that --help imports nothing else.
COMMANDS = {
    "corpus": ("corpus", "Make or check a corpus file."),
    "index": ("index", "Build an index from a corpus, or continue a build that was stopped."),
    "add": ("add", "Add documents to an index."),
    "update": ("update", "Replace documents of an index, and add those that are new."),
    "delete": ("delete", "Delete documents by id or by a filter."),
    "compact": ("compact", "Fold additions and deletions into a new generation."),
    "info": ("info", "Show what is in an index."),
    "verify": ("verify", "Check every file of an index against its checksum."),
    "export": ("export", "Write an index's documents, passages or vectors to a file."),
    "search": ("search", "Search an index by meaning, by words, or both."),
    "ask": ("ask", "Answer questions from an index, with evidence, or say that it has no answer."),
    "check": ("check", "Check the claims of a text against an index or a file, one by one."),
    "rerank": ("rerank", "Rerank passages, or the hits of a search, with a cross-encoder."),
    "demo": ("demo", "Open the page: search, pair scoring, answers, recommendations, a map."),
    "serve": ("serve", "Serve indexes over HTTP, for programs; the page on the same port."),
    "keys": ("keys", "Make, list and revoke the keys of the service."),
    "mcp": ("mcp", "Serve indexes to an agent as tools: search, ask, score, recommend."),
    "embed": ("embed", "Turn texts into vectors."),
    "score": ("score", "Score the similarity of two texts, or of a file of pairs."),
    "nli": ("nli", "Does one text entail or contradict another? Or every pair of a file."),
    "classify": ("classify", "Classify texts into labels of your own, without training."),
    "monitor": ("monitor", "Watch a stream of texts; say when topics or sentiments change."),
    "contradictions": ("contradictions", "Find claims that conflict, in a corpus or between two."),
    "duplicates": ("duplicates", "Find documents that say the same; similar but contradictory ones do not."),
    "recommend": ("recommend", "Recommend documents by likes, texts or a history of users."),
    "calibrate": ("calibrate", "Turn scores into probabilities, learned from labelled pairs."),
    "train": ("train", "Fine-tune a model: cross-encoder, retriever, reader or tagger."),
    "mine": ("mine", "Find hard negatives for pairs of a query and its answer."),
    "augment": ("augment", "Make more labelled pairs out of given ones, with a cross-encoder."),
    "generate": ("generate", "Make labelled pairs out of unlabelled texts, by rule."),
    "evaluate": ("evaluate", "Evaluate a model on a task, and compare it with another."),
    "similarity-report": (
        "similarity_report",
        "Find what a training set says twice, and labels that contradict.",
    ),
    "doctor": ("doctor", "Explain this machine: processor, GPU, packages, models."),
}


@contextmanager
def quiet_pipe() -> Iterator[None]:
    """The reader of our output (`head`, a pager) has gone: stop quietly with 0, before click makes it a failure."""
    try:
        yield
    except BrokenPipeError:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)
        raise click.exceptions.Exit(0) from None


class LazyGroup(click.Group):
    """A group that knows its commands' names and help lines without importing them."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """As click does; --help prints here."""
        with quiet_pipe():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does."""
        with quiet_pipe():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of a person's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        from simengine.cli.arguments import with_checked_texts

        command: click.Command = import_module(f"simengine.cli.{COMMANDS[cmd_name][0]}_command").command
        return with_checked_texts(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; an unknown name is answered with the nearest one."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(name, COMMANDS, n=1)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands for --help, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 ok, 1 runtime error, 2 usage, 3 another model than the index was built with, "
    "4 bad data, 5 nothing found (with --fail-empty) or claims without support (with --fail-on), 130 interrupted. "
    "With SIMENGINE_VERBOSE=1 an error shows where in the program it arose; with NO_COLOR=1 nothing is coloured.",
)
@click.version_option(simengine.__version__, prog_name="simengine")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Semantic search over your texts, on this machine, offline.

    \b
    simengine corpus python-docs -o corpus.jsonl
    simengine index corpus.jsonl
    simengine search "read a file line by line"
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False


def main(args: list[str] | None = None) -> int:
    """Run the command line and return (or, as a script, exit with) the exit code."""
    code = _run(args)
    if args is None:
        _flush_and_exit(code)
    return code


def _run(args: list[str] | None) -> int:
    from simengine.cli.terminal import note
    from simengine.errors import SimengineError

    try:
        result = cli.main(args=args, prog_name="simengine", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nInterrupted.", err=True)
        return 130
    except (SimengineError, OSError) as problem:
        if os.environ.get("SIMENGINE_VERBOSE"):
            raise
        note(f"Error: {describe_os_error(problem) if isinstance(problem, OSError) else problem}")
        return problem.exit_code if isinstance(problem, SimengineError) else 1
    except MemoryError:
        note("Error: out of memory. Free some, or use fewer --threads, each of which needs its own.")
        return 1
    except Exception as problem:
        if os.environ.get("SIMENGINE_VERBOSE"):
            raise
        what = f"{type(problem).__name__}: {problem}".rstrip(": ")
        note(
            f"Error: simengine failed unexpectedly ({what}). SIMENGINE_VERBOSE=1 shows where; please report it."
        )
        return 1


def describe_os_error(error: OSError) -> str:
    """ "PATH: reason", as far as the operating system told."""
    reason = error.strerror or str(error) or type(error).__name__
    return reason if error.filename is None else f"{os.fsdecode(error.filename)}: {reason}"


def _flush_and_exit(code: int) -> None:
    """End without waiting for native thread pools, whose teardown costs up to a second."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            pass  # the reader has what it wanted
        except (OSError, ValueError):
            code = code or 1
    os._exit(code)


if __name__ == "__main__":
    main()
