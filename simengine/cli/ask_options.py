"""Options of simengine ask: search, models, thresholds and the endpoint that words answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from simengine.cli.derived import request_options
from simengine.cli.options import ModelChoice, collected, label_names, labels_option, together
from simengine.cli.renamed import option
from simengine.cli.rerank_options import nli_option
from simengine.errors import UsageError
from simengine.requests.ask import AnswerOptions

if TYPE_CHECKING:
    from simengine.engine.models import Models


@dataclass(frozen=True, slots=True)
class AskChoice:
    """What `ask_options` ask for."""

    answering: Callable[..., AnswerOptions]
    nli: str | None
    labels: str | None
    reader: str | None
    llm_base_url: str | None
    llm_model: str | None
    llm_api_key: str | None
    llm_timeout: float

    def models(self, choice: ModelChoice) -> Models:
        """The models with NLI model, reader and endpoint.

        Raises:
            UsageError: the endpoint is named in part, or beside --offline.
        """
        models = replace(
            choice.models(), nli=self.nli, nli_labels=label_names(self.labels), reader=self.reader
        )
        if self.llm_base_url is None:
            if self.llm_model is not None:
                raise UsageError("--llm-model needs --llm-base-url")
            return models
        if self.llm_model is None:
            raise UsageError("--llm-base-url needs --llm-model, the model's name as the endpoint knows it")
        if choice.offline:
            raise UsageError(
                "--offline and --llm-base-url exclude each other: the endpoint is called over the network"
            )
        from simengine.engine.models import llm_wording

        wording = llm_wording(self.llm_base_url, self.llm_model, self.llm_api_key, timeout_s=self.llm_timeout)
        return replace(models, wording=wording)


ask_options = together(
    request_options(
        AnswerOptions,
        {
            "candidates": ("-k", "--candidates"),
            "read": (),
            "mode": (),
            "where": ("-w", "--where"),
            "faq": (),
            "question_fields": ("--question-field",),
            "followups": (),
            "precision": (),
            "threshold": (),
            "n_nearest": ("--nearest",),
        },
        to="answering",
        helps={
            "question_fields": "Metadata field that holds the question which a document answers, or title. Repeatable. "
            "[default: question, title]",
            "precision": "Give answers of which this share is right; needs a decision fitted by --fit.",
        },
    ),
    nli_option("NLI model that checks evidence"),
    labels_option,
    click.option(
        "--reader",
        metavar="MODEL",
        envvar="SIMENGINE_READER",
        help="Model that finds the words that answer, as simengine train makes one. [default: whole sentences]",
    ),
    option(
        "--llm-base-url",
        old=("--wording-url",),
        settings={
            "metavar": "URL",
            "envvar": ("SIMENGINE_LLM_BASE_URL", "SIMENGINE_WORDING_URL"),
            "help": "OpenAI-compatible endpoint (up to /v1) that words answers; passages are sent to it. What the "
            "evidence does not entail is not shown. [default: none]",
        },
    ),
    option(
        "--llm-model",
        old=("--wording-model",),
        settings={
            "metavar": "NAME",
            "envvar": ("SIMENGINE_LLM_MODEL", "SIMENGINE_WORDING_MODEL"),
            "help": "The endpoint's name of the model.",
        },
    ),
    option(
        "--llm-api-key",
        old=("--wording-key",),
        settings={
            "metavar": "KEY",
            "envvar": ("SIMENGINE_LLM_API_KEY", "SIMENGINE_WORDING_KEY"),
            "help": "Its key; better given as SIMENGINE_LLM_API_KEY.",
        },
    ),
    option(
        "--llm-timeout",
        old=("--wording-timeout",),
        settings={
            "envvar": "SIMENGINE_LLM_TIMEOUT",
            "type": click.FloatRange(0, min_open=True),
            "default": 20.0,
            "show_default": True,
            "help": "Seconds to wait for the endpoint.",
        },
    ),
    collected(AskChoice, "ask_choice"),
)
