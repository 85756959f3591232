"""Options of simengine ask: search, models, thresholds and wording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import click

from simengine.cli.options import (
    ModelChoice,
    collected,
    judge_option,
    label_names,
    labels_option,
    together,
)
from simengine.errors import UsageError

if TYPE_CHECKING:
    from simengine.engine.answering import AnswerModels
    from simengine.qa.wording import Wording
    from simengine.requests.ask import FAQ, AnswerOptions


@dataclass(frozen=True, slots=True)
class AskChoice:
    """What `ask_options` ask for."""

    candidates: int
    where: str | None
    faq: str
    question_fields: tuple[str, ...]
    precision: float | None
    threshold: float | None
    judge: str | None
    labels: str | None
    reader: str | None
    wording_url: str | None
    wording_model: str | None
    wording_key: str | None
    wording_timeout: float

    def options(self) -> AnswerOptions:
        """How questions are answered."""
        from simengine.requests.ask import AnswerOptions

        fields = {"question_fields": self.question_fields} if self.question_fields else {}
        return AnswerOptions(
            candidates=self.candidates,
            where=self.where,
            faq=cast("FAQ", self.faq),
            precision=self.precision,
            threshold=self.threshold,
            **fields,  # type: ignore[arg-type]
        )

    def models(self, choice: ModelChoice) -> AnswerModels:
        """Judge and reader."""
        from simengine.engine.answering import AnswerModels

        names = label_names(self.labels)
        return AnswerModels(self.judge, names, self.reader, choice.device, choice.threads, choice.offline)

    def wording(self, choice: ModelChoice) -> Wording | None:
        """The endpoint, if one was named."""
        if self.wording_url is None:
            if self.wording_model is not None:
                raise UsageError("--wording-model needs --wording-url")
            return None
        if self.wording_model is None:
            raise UsageError("--wording-url needs --wording-model, the model's name as the endpoint knows it")
        if choice.offline:
            raise UsageError(
                "--offline and --wording-url exclude each other: the endpoint is asked over the network"
            )
        from simengine.qa.wording import Wording

        return Wording(self.wording_url, self.wording_model, self.wording_key, timeout_s=self.wording_timeout)


ask_options = together(
    click.option(
        "-k",
        "--candidates",
        type=click.IntRange(1),
        default=8,
        show_default=True,
        help="Documents that the search offers for each question.",
    ),
    click.option("-w", "--where", help="Filter on metadata, _id or title, as in 'kind == \"faq\"'."),
    click.option(
        "--faq",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Titles as stored questions: those that read like one, all, or none.",
    ),
    click.option(
        "--question-field",
        "question_fields",
        multiple=True,
        help="Metadata field that holds the question which a document answers, or title; may be repeated. "
        "[default: question, title]",
    ),
    click.option(
        "--precision",
        type=click.FloatRange(0, 1),
        help="Give answers of which this share is right; needs a decision fitted by --fit.",
    ),
    click.option(
        "--threshold",
        type=click.FloatRange(0, 1),
        help="Give answers of at least this probability. [default: 0.5]",
    ),
    judge_option("NLI model that judges evidence"),
    labels_option,
    click.option(
        "--reader",
        envvar="SIMENGINE_READER",
        help="Model that finds the words that answer, as simengine train makes one. [default: whole sentences]",
    ),
    click.option(
        "--wording-url",
        envvar="SIMENGINE_WORDING_URL",
        help="OpenAI-compatible endpoint (up to /v1) that words answers; passages are sent to it. What the evidence "
        "does not entail is not shown. [default: none]",
    ),
    click.option(
        "--wording-model", envvar="SIMENGINE_WORDING_MODEL", help="The endpoint's name of the model."
    ),
    click.option(
        "--wording-key",
        envvar="SIMENGINE_WORDING_KEY",
        help="Its key; better given as SIMENGINE_WORDING_KEY.",
    ),
    click.option(
        "--wording-timeout",
        type=click.FloatRange(0, min_open=True),
        default=20.0,
        show_default=True,
        help="Seconds.",
    ),
    collected(AskChoice, "ask_choice"),
)
