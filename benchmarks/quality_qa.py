"""Question answering: answers, evidence, abstention, FAQ matching, with the shipped judge.

python benchmarks/quality_qa.py                    measure, write results/quality_qa.json
python benchmarks/quality_qa.py --quick            few questions; prints, writes nothing
python benchmarks/quality_qa.py --reader FOLDER    beside it, spans of a reader in the place of sentences
python benchmarks/quality_qa.py --model FOLDER     another judge
python benchmarks/quality_qa.py --cache FOLDER     where the judge's outputs are kept (default: simengine-runs/qa in the
                                                   system's temporary folder); a run that was stopped goes on

Judge and reader have seen SQuAD's dev set but for six articles (HELD_OUT): figures on these are the clean ones, the
others stand beside them as "seen". "given": the paragraph of each question is handed over, as in SQuAD 2.0. "search":
the paragraphs of the six articles are an index, and the right one has to be found first. The fitted decision is
measured on each article by a fit on the five others.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _cached_pairs import CachedPairs
from _common import write_result
from _selective import auroc, risk_coverage
from _training import data_or_exit

from simengine.corpus.examples import ReadingExample, read_squad
from simengine.corpus.queries import read_queries
from simengine.corpus.read import read_corpus
from simengine.cross_encoders.load import load_cross_encoder
from simengine.cross_encoders.nli import NLIModel
from simengine.engine import Engine
from simengine.errors import UsageError
from simengine.evaluation.answer_text import answer_match, score_answer, squad_normalise
from simengine.qa.answerer import Answerer
from simengine.qa.fitting import DecisionExample, fit_decision
from simengine.requests.ask import AnswerOptions
from simengine.requests.search import SearchOptions
from simengine.results.search import SearchResult
from simengine.types import Answer, Document, FloatMatrix, Hit, Passage

HELD_OUT = ("Normans", "Steam_engine", "European_Union_law", "Harvard_University", "Imperialism", "Warsaw")
SQUAD = "qa/squad_v2_dev/dev-v2.0.json.gz"
MLQA = "qa/mlqa_dev/dev.{}.json.gz"
COVIDFAQ = "retrieval/covidfaq"
QUICK = 150
SEARCHED = 800  # questions asked of the index of paragraphs
SEEN = 1_000  # questions of the articles that the judge was trained on
SEED = 13
ALONE = {"retriever": "cosine", "judge": "sentence", "reader": "reader"}
"""Parts of the decision that are measured by themselves."""


class Given:
    """A search that finds, for each question, the paragraph that belongs to it."""

    def __init__(self, examples: Sequence[ReadingExample], encoder: Any) -> None:
        self._contexts = {example.question.strip(): example for example in examples}
        self._encoder = encoder

    def run(self, queries: Sequence[str], options: SearchOptions) -> SearchResult:  # noqa: ARG002 - the engine's signature
        """One hit for each query, its dense score the cosine of question and paragraph."""
        found = [self._contexts[query.strip()] for query in queries]
        contexts = list(dict.fromkeys(example.context for example in found))
        passages = dict(zip(contexts, self._encoder.encode(contexts, role="passage"), strict=True))
        questions = self._encoder.encode(list(queries), role="query")
        hits = []
        for example, vector in zip(found, questions, strict=True):
            cosine = float(vector @ passages[example.context])
            passage = Passage(0, len(example.context), example.context)
            hits.append([Hit(example.id, cosine, 1, "", passage, {}, {"dense": cosine})])
        return SearchResult(hits, {})

    def search_vectors(self, queries: FloatMatrix, options: SearchOptions | None = None) -> list[list[Hit]]:
        """Not needed here."""
        raise NotImplementedError

    def encode(self, texts: Sequence[str], *, role: Any = "text") -> FloatMatrix:
        """As the engine does."""
        vectors: FloatMatrix = self._encoder.encode(texts, role=role)
        return vectors

    def get(self, document_id: str) -> Document | None:  # noqa: ARG002 - the engine's signature
        """There are no documents."""
        return None


def load_examples(path: Path, *, quick: bool) -> list[ReadingExample]:
    """Questions of a set, each text once (the first), so that a question names its paragraph."""
    unique: dict[str, ReadingExample] = {}
    for example in read_squad(path):
        unique.setdefault(example.question.strip(), example)
    found = list(unique.values())
    if quick and len(found) > QUICK:
        found = random.Random(SEED).sample(found, QUICK)
    return found


def judged_answer(example: ReadingExample, answer: Answer, match: str = "squad") -> tuple[float, float, bool]:
    """Exact match, F1, and whether the answer is right: it holds a gold answer, or shares half of its words."""
    golds = [] if example.impossible else [text for _, text in example.answers]
    rule = answer_match("cmrc" if match == "cmrc" else "squad")
    exact, f1 = score_answer(answer.text, golds, rule)
    if example.impossible:
        return exact, f1, False
    said = f" {squad_normalise(answer.text)} " if match == "squad" else rule.normalise(answer.text)
    held = any(
        (f" {rule.normalise(gold)} " if match == "squad" else rule.normalise(gold)) in said for gold in golds
    )
    return exact, f1, held or f1 >= 0.5


def forced(answerer: Answerer, examples: Sequence[ReadingExample], name: str) -> list[Answer]:
    """An answer for every question, whatever its probability."""
    answers: list[Answer] = []
    for at in range(0, len(examples), 256):
        answers += answerer.ask_many([example.question for example in examples[at : at + 256]])
        print(f"{name}: {len(answers)}/{len(examples)}", flush=True)
    return answers


def figures(
    examples: Sequence[ReadingExample], answers: Sequence[Answer], match: str = "squad"
) -> dict[str, float]:
    """Answers as they are given at 0.5, evidence AUROC, and the curve; scores of the parts alone beside it."""
    answerable = [not example.impossible for example in examples]
    given = [answer if answer.probability >= 0.5 else replace(answer, text="") for answer in answers]
    final = np.array([judged_answer(e, a, match)[:2] for e, a in zip(examples, given, strict=True)])
    best = [judged_answer(e, a, match) for e, a in zip(examples, answers, strict=True)]
    have = np.array(answerable)
    right = [each[2] for each in best]
    found: dict[str, float] = {
        "n": len(examples),
        "n_answerable": int(have.sum()),
        "exact_match": float(final[:, 0].mean()),
        "f1": float(final[:, 1].mean()),
        "answerable_f1_forced": float(np.array([each[1] for each in best])[have].mean())
        if have.any()
        else float("nan"),
        "answer_in_sentence": float(np.array(right)[have].mean()) if have.any() else float("nan"),
    }
    scores: dict[str, list[float]] = {"answer": [answer.probability for answer in answers]}
    names = sorted({name for answer in answers for name in answer.scores})
    scores |= {name: [answer.scores.get(name, 0.0) for answer in answers] for name in names}
    for name, values in scores.items():
        found[f"auroc_{name}"] = auroc(values, answerable)
        curve = risk_coverage(values, right)
        found |= {f"{name}_{key}": value for key, value in curve.items() if name == "answer" or key == "aurc"}
    return found


def cross_fitted(examples: Sequence[ReadingExample], answers: Sequence[Answer]) -> list[Answer]:
    """The probabilities of decisions fitted on the other articles."""
    rows = [
        DecisionExample(answer.scores, judged_answer(example, answer)[2], example.title)
        for example, answer in zip(examples, answers, strict=True)
    ]
    fitted = {}
    for title in {example.title for example in examples}:
        fitted[title] = fit_decision([row for row in rows if row.group != title])
    return [
        replace(answer, probability=fitted[example.title].probability(answer.scores), calibrated=True)
        for example, answer in zip(examples, answers, strict=True)
    ]


def squad_given(
    judge: NLIModel, reader: Any, encoder: Any, examples: Sequence[ReadingExample], name: str
) -> list[Answer]:
    """Each question with its own paragraph."""
    retriever = Given(examples, encoder)
    answerer = Answerer(retriever, judge, reader, AnswerOptions(threshold=0.0, faq="never"))
    return forced(answerer, examples, name)


def squad_search(
    judge: NLIModel, reader: Any, examples: Sequence[ReadingExample], folder: Path
) -> dict[str, float]:
    """The paragraphs as an index."""
    contexts = {example.context: f"p{number}" for number, example in enumerate(examples)}
    documents = [Document(name, text) for text, name in contexts.items()]
    asked = list(examples)
    random.Random(SEED).shuffle(asked)
    asked = asked[:SEARCHED]
    with Engine.build(documents, folder / "squad", offline=True, overwrite=True) as engine:
        answers = forced(
            Answerer(engine.index, judge, reader, AnswerOptions(threshold=0.0, faq="never")), asked, "search"
        )
    found = figures(asked, answers)
    right = [
        answer.evidence is not None and answer.evidence.document_id == contexts[example.context]
        for example, answer in zip(asked, answers, strict=True)
        if not example.impossible
    ]
    return {**found, "right_paragraph": float(np.mean(right))}


def covidfaq(judge: NLIModel, data: Path, folder: Path, *, quick: bool) -> dict[str, float]:
    """The share of questions whose first stored question is a right one, by the parts alone and together."""
    folder_in = data / COVIDFAQ
    qrels: dict[str, set[str]] = {}
    for line in (folder_in / "qrels" / "test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        if int(grade) > 0:
            qrels.setdefault(query, set()).add(document)
    queries = [query for query in read_queries(folder_in / "queries.jsonl") if query.id in qrels]
    if quick:
        queries = queries[:QUICK]
    documents = list(read_corpus([folder_in / "corpus.jsonl"]))
    texts = [query.text for query in queries]
    with Engine.build(documents, folder / "covidfaq", offline=True, overwrite=True) as engine:
        hits = {
            mode: engine.search(texts, k=1, mode=mode)  # type: ignore[call-overload]
            for mode in ("hybrid", "dense", "lexical")
        }
        found = {
            f"{mode}_recall1": _share(qrels, queries, [each[0].id if each else "" for each in found])
            for mode, found in hits.items()
        }
        for name, options in (
            ("faq", AnswerOptions(threshold=0.0, faq="always")),
            ("faq_auto", AnswerOptions(threshold=0.0)),
            ("no_faq", AnswerOptions(threshold=0.0, faq="never")),
        ):
            answers = Answerer(engine.index, judge, options=options).ask_many(texts)
            ids = [answer.evidence.document_id if answer.evidence else "" for answer in answers]
            found[f"{name}_recall1"] = _share(qrels, queries, ids)
            if name == "faq":
                right = [one in qrels[query.id] for one, query in zip(ids, queries, strict=True)]
                curve = risk_coverage([answer.probability for answer in answers], right)
                found["faq_aurc"], found["faq_risk@0.5"] = curve["aurc"], curve["risk@0.5"]
    return {"n": len(queries), **found}


def _share(qrels: Mapping[str, set[str]], queries: Sequence[Any], ids: Sequence[str]) -> float:
    return float(np.mean([one in qrels[query.id] for one, query in zip(ids, queries, strict=True)]))


def mlqa(
    judge: NLIModel, reader: Any, encoder: Any, data: Path, language: str, *, quick: bool
) -> dict[str, float]:
    """Answers with the paragraph given; every other question gets the paragraph nearest to it that is not its own."""
    examples = load_examples(data / MLQA.format(language), quick=quick)
    contexts = list(dict.fromkeys(example.context for example in examples))
    near = (
        encoder.encode([e.question for e in examples], role="query")
        @ encoder.encode(contexts, role="passage").T
    )
    asked = []
    for number, example in enumerate(examples):
        if number % 2 == 0:
            asked.append(example)
            continue
        own = contexts.index(example.context)
        order = [int(place) for place in np.argsort(-near[number], kind="stable") if place != own]
        asked.append(replace(example, context=contexts[order[0]], answers=(), impossible=True))
    answers = squad_given(judge, reader, encoder, asked, f"mlqa {language}")
    return figures(asked, answers, "cmrc" if language == "zh" else "squad")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--model")
    parser.add_argument("--reader")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "simengine-runs" / "qa")
    arguments = parser.parse_args()
    data = data_or_exit()
    from simengine.encoders.load import load_encoder

    judge = NLIModel(CachedPairs(load_cross_encoder(arguments.model, offline=True), arguments.cache))
    encoder = load_encoder(offline=True)
    reader = None
    if arguments.reader is not None:
        from simengine.cross_encoders.reader import load_reader

        reader = load_reader(arguments.reader, offline=True)
    reader_name = None if arguments.reader is None else "/".join(Path(arguments.reader).parts[-2:])
    detail: dict[str, Any] = {"judge": judge.model.fingerprint.digest, "reader": reader_name}
    examples = load_examples(data / SQUAD, quick=False)
    held = [example for example in examples if example.title in HELD_OUT]
    seen = [example for example in examples if example.title not in HELD_OUT]
    seen = random.Random(SEED).sample(seen, SEEN)
    if arguments.quick:
        held, seen = (random.Random(SEED).sample(part, QUICK) for part in (held, seen))
    with tempfile.TemporaryDirectory() as folder:
        detail["covidfaq"] = covidfaq(judge, data, Path(folder), quick=arguments.quick)
        answers = squad_given(judge, None, encoder, held, "held out")
        detail["squad_given"] = figures(held, answers)
        try:
            detail["squad_given_fitted"] = figures(held, cross_fitted(held, answers))
        except UsageError as error:  # too few questions to fit on
            if not arguments.quick:
                raise
            print(f"no fit: {error}", flush=True)
            detail["squad_given_fitted"] = detail["squad_given"]
        if reader is not None:
            spans = squad_given(judge, reader, encoder, held, "held out, spans")
            detail["squad_given_reader"] = figures(held, spans)
        detail["squad_search"] = squad_search(judge, None, held, Path(folder))
        for language in ("en", "zh"):
            detail[f"mlqa_{language}"] = mlqa(judge, None, encoder, data, language, quick=arguments.quick)
        detail["squad_seen"] = figures(seen, squad_given(judge, None, encoder, seen, "seen"))
    for name, part in detail.items():
        print(name, part, flush=True)
    summary = summarise(detail)
    print(summary)
    if not arguments.quick:
        print(write_result("quality_qa", summary, detail))


def summarise(detail: Mapping[str, Any]) -> dict[str, float]:
    """The keys that targets are set for, and those beside them."""
    given, fitted, search = (detail[name] for name in ("squad_given", "squad_given_fitted", "squad_search"))
    spans = detail.get("squad_given_reader", {})
    sources = {name: spans if name == "reader" else given for name in ALONE}
    alone = {
        f"{name}_alone_auroc": sources[name][f"auroc_{part}"]
        for name, part in ALONE.items()
        if f"auroc_{part}" in sources[name]
    }
    curves = {
        f"{name}_alone_aurc": sources[name][f"{part}_aurc"]
        for name, part in ALONE.items()
        if f"{part}_aurc" in sources[name]
    }
    if spans:
        curves |= {"reader_answer_f1": spans["f1"], "reader_evidence_auroc": spans["auroc_answer"]}
    return {
        "evidence_auroc": fitted["auroc_answer"],
        "evidence_auroc_plain": given["auroc_answer"],
        "evidence_auroc_seen": detail["squad_seen"]["auroc_answer"],
        **alone,
        "aurc": fitted["answer_aurc"],
        "aurc_plain": given["answer_aurc"],
        **curves,
        "answer_f1": fitted["f1"],
        "answer_em": fitted["exact_match"],
        "answer_f1_plain": given["f1"],
        "answer_in_sentence": given["answer_in_sentence"],
        "search_answer_f1": search["f1"],
        "search_right_paragraph": search["right_paragraph"],
        "search_auroc": search["auroc_answer"],
        "mlqa_en_auroc": detail["mlqa_en"]["auroc_answer"],
        "mlqa_en_f1": detail["mlqa_en"]["f1"],
        "mlqa_zh_auroc": detail["mlqa_zh"]["auroc_answer"],
        "covidfaq_recall1": detail["covidfaq"]["faq_recall1"],
        "covidfaq_dense_recall1": detail["covidfaq"]["dense_recall1"],
        "covidfaq_hybrid_recall1": detail["covidfaq"]["hybrid_recall1"],
    }


if __name__ == "__main__":
    main()
