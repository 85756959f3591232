"""simengine recommend: documents of an index for somebody's taste or history."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from simengine.cli.options import (
    ModelChoice,
    collected,
    find_index,
    index_argument,
    index_model_options,
    index_option,
    judge_option,
    output_option,
    output_options,
    together,
)
from simengine.cli.output import open_output
from simengine.cli.terminal import counted, fit, note, one_line, progress_bar, shorten
from simengine.cli.texts import count_cut_queries, note_cut, unknown_warning
from simengine.errors import UsageError
from simengine.results.records import recommendation_record

if TYPE_CHECKING:
    from simengine.cross_encoders.nli import NLIModel
    from simengine.engine import Engine
    from simengine.recommend import Interactions, ListOptions, TextRecommender, Veto
    from simengine.types import Recommendation

USERS_PER_BLOCK = 256
TITLE_COLUMNS = 60


@dataclass(frozen=True, slots=True)
class Who:
    """What `who_options` ask for."""

    likes: tuple[str, ...]
    dislikes: tuple[str, ...]
    liked_texts: tuple[str, ...]
    disliked_texts: tuple[str, ...]
    history: Path | None
    users: tuple[str, ...]
    all_users: bool

    def check(self) -> None:
        """Raise UsageError unless this is one way to say who asks."""
        taste = self.likes or self.dislikes or self.liked_texts or self.disliked_texts
        if bool(taste) == (self.history is not None):
            raise UsageError(
                "say what is liked (--like ID, --like-text TEXT), or give --history FILE with --user or --all-users"
            )
        if self.history is None and (self.users or self.all_users):
            raise UsageError("--user and --all-users need --history FILE")
        if self.history is not None and bool(self.users) == self.all_users:
            raise UsageError("--history needs --user U (which may be repeated) or --all-users")


@dataclass(frozen=True, slots=True)
class ListChoice:
    """What `list_options` ask for."""

    n: int
    diversity: float
    collapse: float
    where: str | None
    refuse: tuple[str, ...]
    require: tuple[str, ...]
    veto_threshold: float
    judge: str | None
    include_seen: bool
    reasons: bool

    def options(self) -> ListOptions:
        """The same, as the recommender takes it."""
        from simengine.recommend import ListOptions

        return ListOptions(
            diversity=self.diversity, collapse_cosine=None if self.collapse >= 1 else self.collapse
        )


who_options = together(
    click.option(
        "--like", "likes", multiple=True, metavar="ID", help="A document that is liked. Repeatable."
    ),
    click.option("--dislike", "dislikes", multiple=True, metavar="ID", help="One that is disliked."),
    click.option("--like-text", "liked_texts", multiple=True, metavar="TEXT", help="A text that is liked."),
    click.option("--dislike-text", "disliked_texts", multiple=True, metavar="TEXT", help="One that is not."),
    click.option(
        "--history",
        type=click.Path(path_type=Path),
        help="Who chose what (.csv .tsv .jsonl .parquet): user, item, rating or weight, timestamp.",
    ),
    click.option("-u", "--user", "users", multiple=True, help="A user of the history. Repeatable."),
    click.option("--all-users", is_flag=True, help="Every user of the history, one line of JSON each."),
    collected(Who, "who"),
)
list_options = together(
    click.option("-n", "-k", "--top-k", "n", type=click.IntRange(1), default=10, show_default=True),
    click.option(
        "--diversity",
        type=click.FloatRange(0, 1),
        default=0.0,
        show_default=True,
        help="0 ranks by score alone, 1 by being unlike what stands above.",
    ),
    click.option(
        "--collapse",
        type=click.FloatRange(0, 1, min_open=True),
        default=0.98,
        show_default=True,
        help="Of documents with this cosine or more only the best is shown; 1 shows all.",
    ),
    click.option(
        "-w",
        "--where",
        help="Only documents that this filter on metadata, _id or title keeps, as in 'year >= 1990'.",
    ),
    click.option(
        "--refuse", multiple=True, metavar="STATEMENT", help="Leave out what entails this. Repeatable."
    ),
    click.option("--require", multiple=True, metavar="STATEMENT", help="Leave out what contradicts this."),
    click.option(
        "--veto-threshold",
        type=click.FloatRange(0, 1, min_open=True),
        default=0.5,
        show_default=True,
        help="Probability from which --refuse and --require leave out; not calibrated.",
    ),
    judge_option("NLI model for both"),
    click.option("--include-seen", is_flag=True, help="Also what stands in the history, or is liked."),
    click.option(
        "--reasons", is_flag=True, help="The sentence that speaks for each, and the liked one it is near to."
    ),
    collected(ListChoice, "choice"),
)


@click.command(
    "recommend",
    epilog='Example: simengine recommend films --like 50 --dislike 219 --like-text "a heist in space" --reasons',
)
@index_argument
@index_option
@who_options
@list_options
@click.option(
    "--method",
    type=click.Choice(["auto", "content", "blend"]),
    default="auto",
    show_default=True,
    help="With --history: by text alone, or by text, popularity and what similar users chose, blended as the latest "
    "part of the history teaches. auto blends where the history is rich enough.",
)
@click.option(
    "--half-life-days", type=click.FloatRange(0, min_open=True), help="Age at which a like counts half."
)
@click.option(
    "--format", "format_", type=click.Choice(["table", "json", "jsonl"]), default="table", show_default=True
)
@output_option
@click.option("--fail-empty", is_flag=True, help="Exit with 5 when nothing is left to recommend.")
@index_model_options
@output_options
def command(
    index_argument: Path | None,
    index_path: Path | None,
    who: Who,
    choice: ListChoice,
    method: str,
    half_life_days: float | None,
    format_: str,
    output: Path | None,
    fail_empty: bool,
    model_choice: ModelChoice,
    quiet: bool,
    no_progress: bool,
) -> int:
    """Recommend documents of an index: by liked and disliked documents or texts, or by a history of many users.

    Nothing that is liked already comes back. A statement given with --refuse ("The film is violent.") leaves out
    documents that entail it, one given with --require those that contradict it.
    """
    who.check()
    found, contents = 0, list[dict[str, Any]]()
    with model_choice.open_engine(find_index(index_argument, index_path)) as engine:
        judge = _judge(choice, model_choice)
        try:
            run = _Run(engine, choice, judge)
            recommender = _recommender(engine, who, method, half_life_days, judge, quiet=quiet)
            with (
                open_output(output) as out,
                progress_bar(hidden=quiet or no_progress or not who.all_users) as progress,
            ):
                progress.stage("users")
                for user, recommended in run.lists(recommender, who, detailed=not who.all_users):
                    found += bool(recommended)
                    if format_ == "json" and not who.all_users:
                        contents.append(_content(user, recommended))
                    else:
                        _write(out, user, recommended, "jsonl" if who.all_users else format_)
                    progress.advance(1)
                if contents:
                    whole = contents if len(who.users) > 1 else contents[0]
                    out.write(json.dumps(whole, ensure_ascii=False, indent=2) + "\n")
            known = [engine.get(id_) for id_ in (*who.likes, *who.dislikes)]
            texts = (*who.liked_texts, *who.disliked_texts)
            unknown_warning(engine)([*texts, *(each.text for each in known if each is not None)])
            if texts:
                note_cut(count_cut_queries(texts, engine.encoder), engine.encoder, "text")
            if run.veto is not None:
                unknown_warning(judge, judge=True)((*choice.refuse, *choice.require))
                note(
                    f"{counted(run.veto.n_judged, 'document')} judged for --refuse and --require", quiet=quiet
                )
        finally:
            if judge is not None:
                judge.close()
    if not found:
        note("nothing is left to recommend", quiet=quiet)
    return 5 if fail_empty and not found else 0


class _Run:
    """The lists of one call."""

    def __init__(self, engine: Engine, choice: ListChoice, judge: NLIModel | None) -> None:
        from simengine.recommend import Veto

        self._choice, self._options = choice, choice.options()
        self._items = None if choice.where is None else engine.matching_ids(choice.where)
        self.veto: Veto | None = None
        if judge is not None:
            self.veto = Veto(
                judge,
                engine,
                refuse=choice.refuse,
                require=choice.require,
                threshold=choice.veto_threshold,
            )

    def lists(
        self, recommender: TextRecommender, who: Who, *, detailed: bool
    ) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Users with their recommendations as JSON; without titles and metadata unless detailed."""
        if who.history is None:
            from simengine.recommend import Taste

            taste = Taste(who.likes, who.dislikes, who.liked_texts, who.disliked_texts)
            yield "", self._one(recommender, taste, detailed=True)
            return
        if detailed or self._choice.reasons:
            for user in who.users or recommender.users.tolist():
                yield str(user), self._one(recommender, user, detailed=detailed)
            return
        users = recommender.users.tolist()
        for start in range(0, len(users), USERS_PER_BLOCK):
            block = users[start : start + USERS_PER_BLOCK]
            ids, scores = recommender.recommend_batch(
                block,
                self._choice.n,
                not self._choice.include_seen,
                items=self._items,
                options=self._options,
                veto=self.veto,
            )
            for user, row, values in zip(block, ids.tolist(), scores.tolist(), strict=True):
                found = [(id_, value) for id_, value in zip(row, values, strict=True) if id_]
                yield (
                    str(user),
                    [
                        {"rank": rank, "id": id_, "score": round(value, 6)}
                        for rank, (id_, value) in enumerate(found, 1)
                    ],
                )

    def _one(self, recommender: TextRecommender, user: object, *, detailed: bool) -> list[dict[str, Any]]:
        ids, scores = recommender.recommend(
            user,
            self._choice.n,
            not self._choice.include_seen,
            items=self._items,
            options=self._options,
            veto=self.veto,
        )
        explained = recommender.explain(user, ids.tolist(), reasons=self._choice.reasons)
        return [
            _record(each, float(score), detailed=detailed, reasons=self._choice.reasons)
            for each, score in zip(explained, scores, strict=True)
        ]


def _judge(choice: ListChoice, model_choice: ModelChoice) -> NLIModel | None:
    if not (choice.refuse or choice.require):
        return None
    from simengine.cross_encoders.nli import NLIModel

    return NLIModel.load(
        choice.judge,
        device=model_choice.device,
        threads=model_choice.threads,
        offline=model_choice.offline,
    )


def _recommender(
    engine: Engine,
    who: Who,
    method: str,
    half_life_days: float | None,
    judge: NLIModel | None,
    *,
    quiet: bool,
) -> TextRecommender:
    """A recommender that has learned the history, if there is one."""
    from simengine.engine.recommending import recommender_for
    from simengine.recommend import BlendOptions, PreferenceOptions, read_interactions
    from simengine.recommend.defaults import blend_scorers, why_no_blend

    preferences = PreferenceOptions(half_life_days=half_life_days)
    if who.history is None:
        if half_life_days is not None or method == "blend":
            raise UsageError("--half-life-days and --method blend need --history FILE")
        return recommender_for(engine, preferences=preferences, nli=judge)
    interactions = read_interactions(who.history)
    problem = "it was not asked for" if method == "content" else why_no_blend(interactions)
    if problem and method == "blend":
        raise UsageError(f"--method blend: {problem}; use --method content")
    if problem:
        recommender = recommender_for(engine, preferences=preferences, nli=judge)
    else:
        scorers = blend_scorers(len(engine))
        recommender = recommender_for(
            engine, scorers=scorers, blend=BlendOptions(), preferences=preferences, nli=judge
        )
    recommender.fit(interactions)
    _tell(recommender, interactions, problem if method == "auto" else "", quiet=quiet)
    return recommender


def _tell(recommender: TextRecommender, interactions: Interactions, problem: str, *, quiet: bool) -> None:
    if recommender.n_unknown:
        note(
            f"{recommender.n_unknown:,} of {len(interactions):,} interactions are with documents that the index does "
            "not hold; they were left out",
            quiet=quiet,
        )
    if problem:
        note(f"by text alone: {problem}", quiet=quiet)
    elif recommender.blend is not None:
        weights = "  ".join(f"{name} {weight:.2f}" for name, weight in recommender.blend.weights.items())
        note(f"blend of {weights}, learned from {counted(recommender.blend.n_users, 'user')}", quiet=quiet)


def _record(each: Recommendation, score: float, *, detailed: bool, reasons: bool) -> dict[str, Any]:
    """A recommendation as JSON; for long lists of many users without what its document says."""
    record = recommendation_record(replace(each, score=score))
    if detailed:
        return record
    names = ("rank", "id", "score", "liked_id", *(("reason",) if reasons else ()))
    return {name: record[name] for name in names}


def _write(out: IO[str], user: str, records: Sequence[dict[str, Any]], format_: str) -> None:
    if format_ == "table":
        if user:
            out.write(f"{one_line(user)}\n")
        for record in records:
            title = fit(shorten(record["title"] or "", TITLE_COLUMNS), TITLE_COLUMNS)
            near = f"  (near {one_line(record['liked_id'])})" if record["liked_id"] else ""
            out.write(
                f"{record['rank']:>3}  {record['score']:8.4f}  {one_line(record['id'])}  {title}{near}\n"
            )
            if record.get("reason"):
                out.write(f"{'':15}{one_line(record['reason']['text'])}\n")
        return
    out.write(json.dumps(_content(user, records), ensure_ascii=False) + "\n")


def _content(user: str, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {**({"user": user} if user else {}), "recommendations": list(records)}
