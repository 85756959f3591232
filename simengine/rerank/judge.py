"""Any cross-encoder as a scorer of candidates, on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, get_args

import numpy as np
import numpy.typing as npt

from simengine.cross_encoders.contract import CrossEncoder
from simengine.cross_encoders.labels import sigmoid
from simengine.cross_encoders.nli import NLIModel
from simengine.cross_encoders.relevance import RelevanceModel, SimilarityModel
from simengine.cross_encoders.windows import predict_in_windows
from simengine.errors import UsageError
from simengine.models.unknown import Reading, relevance_pairs
from simengine.requests.rerank import Kind
from simengine.types import FloatMatrix, Span

STANCES: Mapping[str, str] = {
    "entailment": "supports",
    "neutral": "neutral",
    "contradiction": "contradicts",
}


@dataclass(frozen=True, slots=True)
class PairJudgements:
    """A cross-encoder's output for n pairs of a query and a text.

    Attributes:
        relevance: (n,) float32 in [0, 1], higher is better.
        n_truncated: (n,) int32, tokens of the query that the model could not read next to a piece of the text.
        stances: n of "supports", "contradicts", "neutral"; None if the queries are not claims. A verdict that is not
            sure is "neutral".
        probabilities: for each pair those of entailment, neutral, contradiction; None without stances.
        evidence: for each pair the span of the text that supports the stance; None without stances.
    """

    relevance: FloatMatrix
    n_truncated: npt.NDArray[np.int32]
    stances: Sequence[str] | None = None
    probabilities: Sequence[Mapping[str, float]] | None = None
    evidence: Sequence[Span | None] | None = None


class Judge(Protocol):
    """Scores how well texts answer queries. Safe to call from several threads at once."""

    @property
    def name(self) -> str:
        """A human-readable name."""

    @property
    def kind(self) -> str:
        """ "relevance", "similarity" or "nli"."""

    @property
    def fingerprint(self) -> str:
        """Digest of the model: what was fitted for one model is not used for another."""

    def judge(self, pairs: Sequence[tuple[str, str]], *, claim: bool = False) -> PairJudgements:
        """Score n pairs (query, text).

        Args:
            pairs: n pairs; n = 0 gives arrays of shape (0,).
            claim: the queries are claims: also return each text's stance on them.
        """

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        """(n,) int32, the approximate number of tokens that the model reads for each pair."""

    def close(self) -> None:
        """Release the model."""


class CrossEncoderJudge:
    """A cross-encoder as a `Judge`. Texts that are too long for it are read in windows; the best one counts.

    Relevance is, by kind:

    - "relevance": the sigmoid of the one output for (query, text).
    - "similarity": the model's own activation of its one output for (query, text), clipped to [0, 1].
    - "nli": the probability that the text entails the query. For a claim, that it entails or contradicts it: evidence
      against a claim is as relevant as evidence for it.

    `nli` gives the stances: the same model as an `NLIModel`, or the given one; None if it is not an NLI model.

    Args:
        model: with one output, or with the three labels of NLI.
        kind: how its outputs are read; "auto" takes "nli" for three outputs and "relevance" for one.
        labels: see `NLIModel`.
        name: human-readable.
        nli: gives the stances on claims in place of the model itself.

    Raises:
        UsageError: the model's outputs do not fit `kind`.
    """

    def __init__(
        self,
        model: CrossEncoder,
        *,
        kind: Kind = "auto",
        labels: Mapping[str, str] | None = None,
        name: str = "",
        nli: NLIModel | None = None,
    ) -> None:
        if kind not in get_args(Kind):
            raise UsageError(f"kind is {kind!r}; expected one of {', '.join(get_args(Kind))}")
        self.model = model
        self.kind: str = ("relevance" if len(model.labels) == 1 else "nli") if kind == "auto" else kind
        self.name = name or model.runtime
        self.fingerprint = model.fingerprint.digest
        self.nli: NLIModel | None = None
        if self.kind == "nli":
            self.nli = nli or NLIModel(model, labels=labels)
        elif len(model.labels) != 1:
            raise UsageError(
                f"{self.kind} needs a cross-encoder with one output; this one has {', '.join(model.labels)}"
            )
        if self.kind == "similarity":
            SimilarityModel(model)  # refuses unknown activation functions
        self._relevance = RelevanceModel(model, labels=labels)

    def judge(self, pairs: Sequence[tuple[str, str]], *, claim: bool = False) -> PairJudgements:
        """See `Judge`.

        Raises:
            UsageError: `claim` is given and this is not an NLI model.
        """
        short, left_out = self._readable(pairs)
        if claim:
            said = self._stances(short)
        elif self.kind == "similarity":
            said = self._similarity(short)
        else:
            scored = self._relevance.scores_counted(short)
            said = PairJudgements(scored.scores, scored.n_truncated)
        return replace(said, n_truncated=said.n_truncated + left_out)

    def _readable(
        self, pairs: Sequence[tuple[str, str]]
    ) -> tuple[list[tuple[str, str]], npt.NDArray[np.int32]]:
        """The pairs with overlong queries cut to the model's length, and how many tokens were cut.

        A query is paired with many texts; a very long one would be tokenised again for each.
        """
        most = self.model.max_tokens
        cut: dict[str, tuple[str, int]] = {}
        for query in {query for query, _ in pairs if len(query) > most}:
            ends = self.model.tokenizer.offsets([query])[0]
            if len(ends) > most:
                cut[query] = query[: int(ends[most - 1][1])], len(ends) - most
        short = [(cut[query][0] if query in cut else query, text) for query, text in pairs]
        left_out = np.array([cut[query][1] if query in cut else 0 for query, _ in pairs], np.int32)
        return short, left_out

    def _stances(self, pairs: Sequence[tuple[str, str]]) -> PairJudgements:
        if self.nli is None:
            raise UsageError(
                f"{self.name} scores {self.kind}; whether a text supports or contradicts a claim needs an NLI model"
            )
        verdicts = self.nli.verdicts([(text, query) for query, text in pairs])
        return PairJudgements(
            relevance=np.array([1.0 - each.probabilities["neutral"] for each in verdicts], np.float32),
            n_truncated=np.array([each.n_truncated for each in verdicts], np.int32),
            stances=[STANCES[each.label] if each.sure else "neutral" for each in verdicts],
            probabilities=[each.probabilities for each in verdicts],
            evidence=[each.evidence if each.sure else None for each in verdicts],
        )

    def _similarity(self, pairs: Sequence[tuple[str, str]]) -> PairJudgements:
        windows = predict_in_windows(self.model, pairs, long_side=1)
        values = windows.logits[:, 0]
        if self.model.activation == "Sigmoid":
            values = sigmoid(values)
        elif self.model.activation == "Tanh":
            values = np.tanh(values)
        groups = list(windows.groups())
        best = np.array([values[group].max() for group in groups], np.float32)
        turned = [(text, query) for query, text in pairs]
        best[~relevance_pairs(self.model, turned)] = 0.0
        cut = [windows.n_truncated[group].max() for group in groups]
        return PairJudgements(np.clip(best, 0.0, 1.0), np.array(cut, np.int32))

    def count_tokens(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.int32]:
        """See `Judge`."""
        return self.model.count_tokens(self._readable(pairs)[0])

    def readings(self, texts: Sequence[str]) -> list[Reading]:
        """What can be read of each text, by the NLI model if this judges claims."""
        return self.model.readings(texts) if self.nli is None else self.nli.readings(texts)

    def close(self) -> None:
        """See `Judge`."""
        self.model.close()
