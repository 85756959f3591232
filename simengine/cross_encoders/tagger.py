"""Token classification: a tag for each word, entities in text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from simengine.cross_encoders.tagging_windows import tag_spans, tagging_windows, words_of
from simengine.cross_encoders.token_model import StoredSettings, TokenModel, load_token_model, longest_input
from simengine.errors import UsageError
from simengine.text.arguments import as_texts, items_of
from simengine.types import FloatMatrix

CONFIG_KEY = "simengine_tagger"
"""Key of the tagger settings in a model's config.json."""
_CHUNK = 1_024


@dataclass(frozen=True, slots=True)
class TaggerSettings(StoredSettings):
    """How a tagger splits long sentences.

    Attributes:
        max_tokens: of a window, special tokens included.
        stride: tokens that neighbouring windows share.
    """

    key: ClassVar[str] = CONFIG_KEY
    max_tokens: int = 256
    stride: int = 64


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity found in a text.

    Attributes:
        text: `text[start:end]` of the tagged text.
        start, end: its characters.
        label: its type, such as "location".
        score: the smallest probability of its words' tags.
    """

    text: str
    start: int
    end: int
    label: str
    score: float


class Tagger:
    """A token classification model. Thread-safe; one thread runs at a time.

    Args:
        tokens: the model and its tokenizer.
        settings: None for those of the model's config.

    Raises:
        UsageError: the model's labels have no names.
    """

    def __init__(self, tokens: TokenModel, settings: TaggerSettings | None = None) -> None:
        config = tokens.model.config
        self.labels: tuple[str, ...] = tuple(config.id2label[i] for i in range(config.num_labels))
        """The model's tags, in its order."""
        if all(re.fullmatch(r"LABEL_\d+", label) for label in self.labels):
            raise UsageError(
                f"the model's tags are called {', '.join(self.labels[:3])}, ...; write their names into id2label of "
                "its config.json"
            )
        settings = settings or TaggerSettings.of_config(config)
        limit = longest_input(config, tokens.tokenizer)
        self.settings = replace(settings, max_tokens=min(settings.max_tokens, limit))
        self._tokens = tokens

    def tag(self, tokens: Sequence[str]) -> list[str]:
        """A tag for each word of a sentence. See `tag_sentences`."""
        return self.tag_sentences([tokens])[0]

    def tag_sentences(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Tags for sentences of any length.

        Args:
            sentences: the words of each of n sentences.

        Returns:
            A tag for each word. Words that the tokenizer drops, such as control characters, are "O" (or the model's
            first label, if it has no "O").
        """
        return [[self.labels[i] for i in row.argmax(axis=1)] for row in self.probabilities(sentences)]

    def probabilities(self, sentences: Sequence[Sequence[str]]) -> list[FloatMatrix]:
        """For each sentence (n_words, n_labels) float32, rows summing to 1, columns in the order of `labels`."""
        sentences = [as_texts(words, "word") for words in items_of(sentences, "sentence")]
        found: list[FloatMatrix] = []
        for start in range(0, len(sentences), _CHUNK):
            found += self._probabilities(sentences[start : start + _CHUNK])
        return found

    def _probabilities(self, sentences: Sequence[Sequence[str]]) -> list[FloatMatrix]:
        settings = self.settings
        with self._tokens.lock:
            windows = tagging_windows(
                self._tokens.tokenizer, sentences, max_tokens=settings.max_tokens, stride=settings.stride
            )
            outputs = self._tokens.run(
                [window.inputs for window in windows], lambda output: output.logits.softmax(-1)
            )
        unseen = np.zeros(len(self.labels), np.float32)
        unseen[self.labels.index("O") if "O" in self.labels else 0] = 1.0
        found = [np.tile(unseen, (len(words), 1)) for words in sentences]
        for window, values in zip(windows, outputs, strict=True):
            standing = window.words >= 0
            found[window.row][window.words[standing]] = values[standing]
        return found

    def entities(self, text: str) -> list[Entity]:
        """The entities of a text, in order. See `entities_of`."""
        return self.entities_of([text])[0]

    def entities_of(self, texts: Sequence[str]) -> list[list[Entity]]:
        """The entities of texts of any length, with their positions.

        Args:
            texts: n texts, split into words by `words_of`.
        """
        texts = as_texts(texts)
        bounds = [words_of(text) for text in texts]
        words = [[text[start:end] for start, end in own] for text, own in zip(texts, bounds, strict=True)]
        return [
            self._entities(text, own, probabilities)
            for text, own, probabilities in zip(texts, bounds, self.probabilities(words), strict=True)
        ]

    def _entities(
        self, text: str, bounds: Sequence[tuple[int, int]], probabilities: FloatMatrix
    ) -> list[Entity]:
        tags = [self.labels[i] for i in probabilities.argmax(axis=1)]
        found = []
        for span in tag_spans(tags):
            start, end = bounds[span.first][0], bounds[span.last][1]
            score = float(probabilities[span.first : span.last + 1].max(axis=1).min())
            found.append(Entity(text[start:end], start, end, span.label, score))
        return found


def load_tagger(
    name: str, *, threads: int | None = None, device: str = "auto", offline: bool = False
) -> Tagger:
    """Load a tagger.

    Args:
        name: a folder or a hub name of a transformers model for token classification.
        threads: most processor threads to use; None for all that this process may use.
        device: "auto", "cpu", "cuda" or "cuda:N".
        offline: never contact a hub.

    Raises:
        ModelNotFoundError: see `resolve_model`.
        ModelError: the model is not a tagger, or its tokenizer has no fast variant.
        ModelDamagedError: its files cannot be loaded.
        UsageError: the model's labels have no names.
        DeviceError: CUDA was requested and cannot be used.
    """
    return Tagger(
        load_token_model(name, "ForTokenClassification", threads=threads, device=device, offline=offline)
    )
