"""Questions with gold answers over small corpora, and whether an answer to one is right."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from _cached_pairs import CachedPairs

from simengine import Engine, Models
from simengine.cross_encoders.nli import NLIModel
from simengine.engine.loaded import LoadedModels
from simengine.models.packaged import MULTILINGUAL_MODEL
from simengine.qa.answerer import Answerer
from simengine.requests.ask import AnswerOptions
from simengine.rerank.judge import Judge
from simengine.types import Answer, Document

LANGUAGES = ("en", "zh")
ENCODERS = {"en": None, "zh": MULTILINGUAL_MODEL}
CORPUS_FIELD = "corpus"
WRITTEN = Path(__file__).parent / "written"
GROUP_SIZE = 8
"""Passages of one kind that are asked as a corpus of their own, beside all passages as one."""


@dataclass(frozen=True)
class Gold:
    """A question and what is right.

    Attributes:
        question: as asked.
        kind: "yesno" or "wh".
        verdict: "yes", "no", "answer" or "not_found".
        document, evidence: where the answer stands; "" for "not_found".
        corpus: documents of this corpus are searched; "" for all.
        history: earlier questions.
        standalone: a follow-up question in full; "" where none is given.
    """

    question: str
    kind: str
    verdict: str
    document: str
    evidence: str
    corpus: str = ""
    history: tuple[str, ...] = ()
    standalone: str = ""

    @property
    def where(self) -> str | None:
        """The filter for its corpus."""
        return f"{CORPUS_FIELD} == {json.dumps(self.corpus)}" if self.corpus else None


def rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a JSON Lines file, compressed or not."""
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    return [json.loads(line) for line in text.decode().splitlines() if line.strip()]


def passages(data: Path, language: str, part: str) -> tuple[list[Document], list[Gold]]:
    """The written passages, and their questions: all of them asked of all passages ("") and of groups of a few.

    Every second passage's questions are asked of all, the others' of its group: of the same domain.
    """
    found = rows(data / "qa" / f"written_passages_{language}" / f"{part}.jsonl.gz")
    found.sort(key=lambda row: (row["domain"], row["id"]))
    documents, gold = [], []
    for place, row in enumerate(found):
        corpus = f"{part}-{place // GROUP_SIZE}"
        documents.append(Document(row["id"], row["text"], row["title"], {CORPUS_FIELD: corpus}))
        asked = corpus if place % 2 else ""
        gold += [_gold(each, row["id"], asked) for each in (*row["questions"], *row["followups"])]
    return documents, gold


def _gold(row: dict[str, Any], document: str, corpus: str) -> Gold:
    kind = row.get("type") or ("yesno" if row["verdict"] in ("yes", "no") else "wh")
    return Gold(
        row["question"],
        kind,
        row["verdict"],
        document if row["evidence"] else "",
        row["evidence"] or "",
        corpus,
        tuple(row.get("history") or ()),
        row.get("standalone") or "",
    )


def answers(language: str, *parts: str) -> tuple[list[Document], list[Gold]]:
    """The corpora of benchmarks/written, of some parts, and their questions, each asked of its own corpus."""
    documents, gold = [], []
    for row in rows(WRITTEN / f"answers_{language}.jsonl.gz"):
        if row["part"] not in parts:
            continue
        name = row["corpus"]
        documents += [
            Document(f"{name}/{each['id']}", each["text"], each["title"], {CORPUS_FIELD: name})
            for each in row["documents"]
        ]
        gold += [
            replace(
                _gold(each, "", name),
                document=f"{name}/{each['document']}" if each["document"] else "",
            )
            for each in row["questions"]
        ]
    return documents, gold


def probes(data: Path, language: str) -> tuple[list[Document], list[Gold]]:
    """The policy probes: each question is asked of its own corpus."""
    documents = [
        Document(f"{row['corpus']}/{row['id']}", row["text"], row["title"], {CORPUS_FIELD: row["corpus"]})
        for row in rows(data / "probes" / f"policy-{language}.jsonl")
    ]
    gold = []
    for row in rows(data / "probes" / f"policy-{language}-questions.jsonl"):
        document = f"{row['corpus']}/{row['evidence_id']}" if row["evidence_id"] else ""
        gold.append(
            Gold(
                row["question"],
                row["type"],
                row["verdict"],
                document,
                row["evidence"] or "",
                row["corpus"],
                tuple(row["history"] or ()),
                row.get("standalone") or "",
            )
        )
    return documents, gold


@dataclass(frozen=True)
class Bench:
    """An index of documents with the models that answer."""

    engine: Engine
    nli: NLIModel
    relevance: Judge

    def answerer(self, where: str | None, rule: Any = None) -> Answerer:
        """An answerer over a corpus; `rule` decides."""
        options = AnswerOptions(where=where)
        return Answerer(self.engine.index, self.nli, None, options, rule, relevance=self.relevance)

    @property
    def digests(self) -> tuple[str, str, str]:
        """Of NLI model, relevance model and bi-encoder."""
        encoder = self.engine.index.encoder.fingerprint.digest
        return self.nli.model.fingerprint.digest, self.relevance.fingerprint, encoder


def open_bench(
    documents: Sequence[Document], folder: Path, language: str, nli: str | None, cache: Path
) -> Bench:
    """Build an index with the language's encoder, and load the models; `nli` None is the bundled one.

    What the models say of pairs is kept in `cache`.
    """
    models = Models(encoder=ENCODERS[language], offline=True)
    engine = Engine.build(documents, folder, models=models, overwrite=True)
    loaded = LoadedModels(Models(nli=nli, offline=True), wrap=lambda model: CachedPairs(model, cache))
    return Bench(engine, loaded.nli(), loaded.relevance())


def by_corpus(gold: Sequence[Gold]) -> Iterator[tuple[str | None, list[Gold]]]:
    """Questions by the corpus that they are asked of."""
    for corpus in dict.fromkeys(each.corpus for each in gold):
        own = [each for each in gold if each.corpus == corpus]
        yield own[0].where, own


def overlaps(text: str, evidence: str) -> bool:
    """Whether a quotation and the gold evidence share a sentence."""
    one, other = " ".join(text.split()), " ".join(evidence.split())
    return bool(one) and bool(other) and (one in other or other in one)


def is_right(gold: Gold, answer: Answer) -> bool:
    """Whether a verdict is right: the same one; for an "answer", from the gold document and evidence."""
    verdict = answer.verdict.replace(" ", "_")
    if gold.verdict != "answer" or verdict != "answer":
        return verdict == gold.verdict
    evidence = [part.evidence for part in answer.parts] or [answer.evidence]
    return any(
        each is not None and each.document_id == gold.document and overlaps(each.text, gold.evidence)
        for each in evidence
    )
