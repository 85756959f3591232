"""simengine recommend: documents of an index for a taste or a history."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from simengine.cli.derived import request_options
from simengine.cli.options import (
    ModelChoice,
    collected,
    find_index,
    format_option,
    index_argument,
    index_model_options,
    index_option,
    output_option,
    output_options,
    together,
)
from simengine.cli.output import open_output
from simengine.cli.rerank_options import nli_option
from simengine.cli.terminal import fit, note, one_line, progress_bar, shorten
from simengine.cli.texts import count_cut_queries, note_cut, unreadable_warning
from simengine.errors import UsageError
from simengine.requests.fields import values_of
from simengine.requests.recommend import RecommendOptions, RecommendRequest, RecommendUsersRequest
from simengine.results.recommend import UserRecommendations
from simengine.results.records import recommendation_record

if TYPE_CHECKING:
    from simengine.engine import Engine

TITLE_COLUMNS = 60


@dataclass(frozen=True, slots=True)
class RecommendChoice:
    """What `recommend_options` ask for."""

    taste: Callable[..., RecommendRequest]
    learned: Callable[..., RecommendUsersRequest]
    options: Callable[..., RecommendOptions]
    history: Path | None
    all_users: bool

    def request(self) -> RecommendRequest | RecommendUsersRequest:
        """What is wanted, from the engine.

        Raises:
            UsageError: these are two ways to say for whom, or none.
        """
        shared = values_of(RecommendOptions, self.options())
        taste = self.taste(**shared)
        likes = taste.liked or taste.disliked or taste.liked_texts or taste.disliked_texts
        if bool(likes) == (self.history is not None):
            raise UsageError(
                "say what is liked (--like ID, --like-text TEXT), or give --history FILE with --user or --all-users"
            )
        request = self.learned(history=str(self.history or "-"), **shared)
        if self.history is None:
            if request.users or self.all_users:
                raise UsageError("--user and --all-users need --history FILE")
            if request.half_life_days is not None or request.method == "blend":
                raise UsageError("--half-life-days and --method blend need --history FILE")
            return taste
        if bool(request.users) == self.all_users:
            raise UsageError("--history needs --user U (which may be repeated) or --all-users")
        return request


recommend_options = together(
    request_options(
        RecommendRequest,
        {
            "liked": ("--like",),
            "disliked": ("--dislike",),
            "liked_texts": ("--like-text",),
            "disliked_texts": ("--dislike-text",),
        },
        to="taste",
        helps={
            "liked": "A document that is liked. Repeatable.",
            "disliked": "A document that is disliked. Repeatable.",
            "liked_texts": "A text that is liked. Repeatable.",
            "disliked_texts": "A text that is disliked. Repeatable.",
        },
        metavars={"liked": "ID", "disliked": "ID", "liked_texts": "TEXT", "disliked_texts": "TEXT"},
    ),
    click.option(
        "--history",
        type=click.Path(path_type=Path),
        help="Who chose what (.csv .tsv .jsonl .parquet): user, item, rating or weight, timestamp.",
    ),
    click.option("--all-users", is_flag=True, help="Every user of the history, one line of JSON each."),
    request_options(
        RecommendUsersRequest,
        {"users": ("-u", "--user"), "method": (), "half_life_days": ()},
        to="learned",
        helps={"users": "A user of the history. Repeatable."},
    ),
    request_options(
        RecommendOptions,
        {
            "k": ("-k", "--top-k"),
            "diversity": (),
            "collapse_cosine": ("--collapse",),
            "where": ("-w", "--where"),
            "refuse": (),
            "require": (),
            "veto_threshold": (),
            "include_seen": (),
            "reasons": (),
        },
        to="options",
        helps={
            "refuse": "Leave out documents that entail this. Repeatable.",
            "require": "Leave out documents that contradict this. Repeatable.",
        },
        metavars={"refuse": "STATEMENT", "require": "STATEMENT"},
        old={"k": ("-n",)},
    ),
    collected(RecommendChoice, "choice"),
)


@click.command(
    "recommend",
    epilog='Example: simengine recommend films --like 50 --dislike 219 --like-text "a heist in space" --reasons',
)
@index_argument
@index_option
@recommend_options
@nli_option("NLI model for --refuse, --require and --reasons")
@format_option("table", "json", "jsonl")
@output_option
@click.option("--fail-empty", is_flag=True, help="Exit with 5 when nothing is left to recommend.")
@index_model_options
@output_options
def command(
    index_argument: Path | None,
    index_path: Path | None,
    choice: RecommendChoice,
    nli: str | None,
    format_: str,
    output: Path | None,
    fail_empty: bool,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Recommend documents of an index: by liked and disliked documents or texts, or by a history of many users.

    What is already liked is not recommended. A statement given with --refuse ("The film is violent.") leaves out
    documents that entail it, one given with --require those that contradict it.
    """
    request, models = choice.request(), replace(model_choice.models(), nli=nli)
    found, every = 0, choice.all_users
    with model_choice.open_engine(find_index(index_argument, index_path), models, quiet=quiet) as engine:
        if isinstance(request, RecommendRequest):
            lists: Iterable[UserRecommendations] = [UserRecommendations("", engine.run(request))]
        else:
            lists = engine.run(request)
        with (
            open_output(output) as out,
            progress_bar(hidden=quiet or no_progress or not every) as progress,
        ):
            progress.stage("users")
            contents = []
            for each in lists:
                found += bool(each.items)
                content = _content(each, short=every, reasons=request.reasons)
                if format_ == "json" and not every:
                    contents.append(content)
                else:
                    _write(out, content, "jsonl" if every else format_)
                progress.advance(1)
            if contents:
                whole = contents if len(contents) > 1 else contents[0]
                out.write(json.dumps(whole, ensure_ascii=False, indent=2) + "\n")
        _warn(engine, request)
    if not found:
        note("nothing is left to recommend", quiet=quiet)
    return 5 if fail_empty and not found else 0


def _warn(engine: Engine, request: RecommendRequest | RecommendUsersRequest) -> None:
    """Say which texts the models could not read."""
    if isinstance(request, RecommendRequest):
        known = [engine.get(id_) for id_ in (*request.liked, *request.disliked)]
        texts = (*request.liked_texts, *request.disliked_texts)
        unreadable_warning(engine)([*texts, *(each.text for each in known if each is not None)])
        if texts:
            note_cut(count_cut_queries(texts, engine.encoder), engine.encoder, "text")
    if request.refuse or request.require:
        unreadable_warning(engine, "nli")((*request.refuse, *request.require))


def _content(given: UserRecommendations, *, short: bool, reasons: bool) -> dict[str, Any]:
    """A list as JSON; a short one, of many users, without what its documents say."""
    records = [recommendation_record(each) for each in given.items]
    if short:
        names = ("rank", "id", "score", *(("liked_id", "reason") if reasons else ()))
        records = [{name: record[name] for name in names} for record in records]
    return {**({"user": given.user} if given.user else {}), "recommendations": records}


def _write(out: IO[str], content: dict[str, Any], format_: str) -> None:
    if format_ != "table":
        out.write(json.dumps(content, ensure_ascii=False) + "\n")
        return
    if "user" in content:
        out.write(f"{one_line(content['user'])}\n")
    for record in content["recommendations"]:
        title = fit(shorten(record["title"] or "", TITLE_COLUMNS), TITLE_COLUMNS)
        near = f"  (near {one_line(record['liked_id'])})" if record["liked_id"] else ""
        out.write(f"{record['rank']:>3}  {record['score']:8.4f}  {one_line(record['id'])}  {title}{near}\n")
        if record.get("reason"):
            out.write(f"{'':15}{one_line(record['reason']['text'])}\n")
