"""Write the training pairs of the shipped NLI models that are derived from other shapes, as JSON Lines.

python benchmarks/nli_data.py -o runs/nli-data

- passages_en, passages_zh: claims of the written passages. The premise is the passage; for a claim with evidence, also
  the evidence alone.
- fool_me_twice, healthver: the half of each that is trained on. The other half is measured (see `kept_for_measuring`).
- rte: "not_entailment" becomes neutral, which is right for about four rows of five.
- exchanged_en, exchanged_zh: contradictions of the written sets with premise and hypothesis exchanged.
- questions_en, questions_zh: questions as hypotheses: yes is entailment, no contradiction; of other questions an answer
  is entailment. Those of the written passages, hypotheses of the written sets turned into questions by rule, and in
  Chinese questions of CMRC 2018's trial part.
- answers_en, answers_zh: questions of the written corpora, their train part, in the same way; and as statements.
- claims_en, claims_zh: claims about the same corpora.
- conflicts_en, conflicts_zh: pairs of clauses of the written documents with conflicts, their train part, both ways.
- related: entailments, and the same premises with the hypothesis of another row as neutral, in many languages. A base
  that has never seen two texts at once learns in 200 steps of it to compare them; else its loss stays at ln 3 for long.
- generated_en, generated_zh: pairs by rule out of premises, passages and paragraphs (`simengine generate nli`). The
  rules have changed a little since the shipped model was trained.

The recipes of the shipped models name these files; SIMENGINE_DATA names the folder of the public sets.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterator
from dataclasses import asdict
from itertools import combinations, islice
from pathlib import Path
from typing import Any, Literal

from _training import data_or_exit

from simengine.qa.asked import understand
from simengine.requests.training import GenerateOptions
from simengine.text.joining import as_sentence, joined
from simengine.training.generate.generate import generate_nli
from simengine.training.generate.lexical import wordnet_rules

PER_KIND, N_FEVER_PREMISES = {"en": 400, "zh": 290}, 600
N_RELATED, RELATED_SEED = 6400, 5
RELATED = {
    "lingnli": 1200,
    "cad_nli": 800,
    "farstail_fa": 500,
    "indonli_id": 500,
    "jnli_ja": 300,
    "klue_nli_ko": 500,
    "written_en": 1500,
    "written_zh": 2000,
    "docnli_fever": 1000,
}
N_QUESTIONS, N_CMRC = {"en": 3000, "zh": 3000}, 700
QUESTION_LABELS = {"yes": "entailment", "no": "contradiction", "answer": "entailment", "not_found": "neutral"}
OTHER_SHARE, EARLIER_SHARE = 0.4, 0.2
SENTENCE = re.compile(r"[^\u3002\uff01\uff1f]+[\u3002\uff01\uff1f]|[^.!?\u3002]+(?:[.!?](?=\s|$)|$)")
AUXILIARY = re.compile(r"\b(is|are|was|were|can|may|must|will|has to|have to|does not have to)\b")
LOWERED = frozenset(
    ("The", "A", "An", "You", "It", "He", "She", "They", "This", "These", "All", "Every", "We")
)
TERM = re.compile("[a-z]{4,}|(?=([\u4e00-\u9fff]{2}))")
N_OTHERS = 3
HAN = re.compile("[\u4e00-\u9fff]")
NEGATED = re.compile(r"\b(?:not|no|never|nobody|nothing|none|neither|without)\b|n't|不|没|未|无|非|勿|禁")
WRITTEN = Path(__file__).parent / "written"
LABELS = {"supported": "entailment", "contradicted": "contradiction", "not_found": "neutral"}


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON Lines file, compressed or not."""
    content = path.read_bytes()
    text = gzip.decompress(content) if path.suffix == ".gz" else content
    yield from map(json.loads, text.decode().splitlines())


def kept_for_measuring(premise: str) -> bool:
    """Whether pairs with this premise are kept out of training, in sets of which half is trained on."""
    return hashlib.sha256(premise.encode()).digest()[0] % 2 == 0


def passage_pairs(path: Path) -> Iterator[dict[str, str]]:
    """Claims of written passages, against the passage and against their evidence."""
    for passage in rows(path):
        for claim in passage["claims"]:
            row = {"hypothesis": claim["claim"], "label": LABELS[claim["label"]]}
            yield {"premise": passage["text"], **row}
            if claim["evidence"]:
                yield {"premise": claim["evidence"], **row}


def question_pairs(path: Path) -> Iterator[dict[str, str]]:
    """Questions about written passages, against the passage, their evidence, and another sentence of the passage.

    For yes or no the label is the answer; of other questions it is entailment where the text answers them. A text that
    does not is neutral.
    """
    drawn = random.Random(RELATED_SEED)
    for passage in rows(path):
        sentences = SENTENCE.findall(passage["text"])
        for asked in (*passage["questions"], *passage["followups"]):
            question, evidence = asked.get("standalone") or asked["question"], asked["evidence"]
            label = QUESTION_LABELS[asked["verdict"]]
            yield {"premise": passage["text"], "hypothesis": question, "label": label}
            if evidence:
                yield {"premise": evidence, "hypothesis": question, "label": label}
                others = [each.strip() for each in sentences if each.strip() not in evidence]
                if others and drawn.random() < OTHER_SHARE:
                    yield {"premise": drawn.choice(others), "hypothesis": question, "label": "neutral"}


def answer_pairs(language: str) -> Iterator[dict[str, str]]:
    """The train part of the written corpora with questions: the evidence, its document, and another sentence of it.

    Beside them stands the question, for a yes or no also the statement that yes makes, and a follow-up question also as
    asked, after the one before it; some others too, so that what comes first does not say that more hangs on it. A
    question that no document answers stands beside the one that shares most words with it.
    """
    drawn = random.Random(RELATED_SEED)
    for corpus in rows(WRITTEN / f"answers_{language}.jsonl.gz"):
        if corpus["part"] != "train":
            continue
        documents = {each["id"]: each for each in corpus["documents"]}
        earlier = ""
        for asked in corpus["questions"]:
            question, label = asked["standalone"] or asked["question"], QUESTION_LABELS[asked["verdict"]]
            nearest = max(documents.values(), key=lambda each: shared_terms(each["text"], question))
            document = documents.get(asked["document"], nearest)
            whole = joined(as_sentence(document["title"]), document["text"])
            sentences = [each.strip() for each in SENTENCE.findall(document["text"])]
            told = asked["evidence"] or max(sentences, key=lambda each: shared_terms(each, question))
            statement = understand(question).statement
            said = [question] if statement is None else [question, statement]
            if asked["history"]:
                said.append(joined(asked["history"][-1], asked["question"]))
            elif earlier and drawn.random() < EARLIER_SHARE:
                said.append(joined(earlier, question))
            earlier = question
            for hypothesis in said:
                yield {"premise": told, "hypothesis": hypothesis, "label": label}
                yield {"premise": whole, "hypothesis": hypothesis, "label": label}
            others = [each for each in sentences if each not in told]
            if others:
                other = drawn.choice(others)
                yield {"premise": other, "hypothesis": drawn.choice(said), "label": "neutral"}


def claim_pairs(language: str) -> Iterator[dict[str, str]]:
    """Claims about the train part of the same corpora, against the evidence and its document."""
    for corpus in rows(WRITTEN / f"answers_{language}.jsonl.gz"):
        if corpus["part"] != "train":
            continue
        documents = {each["id"]: each for each in corpus["documents"]}
        for claim in corpus["claims"]:
            text, label = claim["claim"], LABELS[claim["label"]]
            nearest = max(documents.values(), key=lambda each: shared_terms(each["text"], text))
            document = documents.get(claim["document"], nearest)
            whole = joined(as_sentence(document["title"]), document["text"])
            yield {"premise": whole, "hypothesis": text, "label": label}
            if claim["evidence"]:
                yield {"premise": claim["evidence"], "hypothesis": text, "label": label}


def conflict_pairs(language: str) -> Iterator[dict[str, str]]:
    """Of the train part of the written documents the conflicts, pairs that look like one, and others, both ways."""
    drawn = random.Random(RELATED_SEED)
    for row in rows(WRITTEN / f"conflicts_{language}.jsonl.gz"):
        if row["part"] != "train":
            continue
        texts = {each["id"]: each["text"] for each in row["clauses"]}
        labels = {
            frozenset((each["a"], each["b"])): "contradiction" if each["label"] == "conflict" else "neutral"
            for each in row["pairs"]
        }
        others = [pair for pair in combinations(texts, 2) if frozenset(pair) not in labels]
        others.sort(key=lambda pair: -shared_terms(texts[pair[0]], texts[pair[1]]))
        labels |= {
            frozenset(pair): "neutral" for pair in [*others[:N_OTHERS], *drawn.sample(others, N_OTHERS)]
        }
        for pair, label in labels.items():
            one, other = sorted(pair)
            yield {"premise": texts[one], "hypothesis": texts[other], "label": label}
            yield {"premise": texts[other], "hypothesis": texts[one], "label": label}


def shared_terms(one: str, other: str) -> int:
    """Words, or pairs of Chinese characters, that two texts share."""
    first, second = ({found[1] or found[0] for found in TERM.finditer(text.lower())} for text in (one, other))
    return len(first & second)


def cmrc_questions(data: Path) -> Iterator[dict[str, str]]:
    """Questions of CMRC 2018's trial part: against the sentence with the answer, and against another one."""
    drawn = random.Random(RELATED_SEED)
    for article in json.loads(gzip.decompress((data / "qa" / "cmrc2018" / "trial.json.gz").read_bytes()))[
        "data"
    ]:
        for paragraph in article["paragraphs"]:
            sentences = SENTENCE.findall(paragraph["context"])
            for asked in paragraph["qas"][:2]:
                answer = asked["answers"][0]["text"]
                told = [each for each in sentences if answer in each]
                others = [each for each in sentences if answer not in each]
                if told and others:
                    yield {"premise": told[0], "hypothesis": asked["question"], "label": "entailment"}
                    yield {
                        "premise": drawn.choice(others),
                        "hypothesis": asked["question"],
                        "label": "neutral",
                    }


def as_question(statement: str) -> str:
    """A short statement as a question for yes or no; "" where a rule cannot tell how."""
    text = statement.strip().rstrip(".\u3002")
    if NEGATED.search(text) or re.search("[,;:\uff0c\uff1b\uff1a?\uff1f!]", text):
        return ""
    if HAN.search(text):
        return f"{text}吗？"
    match = AUXILIARY.search(text)
    if match is None or match.start() == 0 or len(text.split()) > 20:
        return ""
    subject, rest = text[: match.start()].strip(), text[match.end() :].strip()
    if re.search(
        r"\b(?:who|that|which|if|when|what|how|where|whose|to|there)\b|^(?:In|On|At|For|By|After|Before)\b",
        subject,
        re.I,
    ):
        return ""
    if subject.split()[0] in LOWERED:
        subject = subject[0].lower() + subject[1:]
    word = match[1]
    if word.endswith(" to"):
        return f"Do {subject} {word}?" if subject in ("you", "they", "we") else ""
    return f"{word.capitalize()} {subject} {rest}?"


def questions(data: Path, language: str) -> Iterator[dict[str, str]]:
    """Questions of the written passages, and as many hypotheses turned into questions as are wanted."""
    yield from question_pairs(data / "qa" / f"written_passages_{language}" / "train.jsonl.gz")
    if language == "zh":
        yield from islice(cmrc_questions(data), N_CMRC)
    pairs = [
        *rows(data / "nli" / f"written_{language}" / "train.jsonl.gz"),
        *rows(WRITTEN / f"nli_{language}.jsonl.gz"),
    ]
    random.Random(RELATED_SEED).shuffle(pairs)
    turned = ((pair, as_question(pair["hypothesis"])) for pair in pairs)
    found = (
        {"premise": pair["premise"], "hypothesis": question, "label": pair["label"]}
        for pair, question in turned
        if question
    )
    yield from islice(found, N_QUESTIONS[language])


def half(path: Path, *, measured: bool = False) -> Iterator[dict[str, str]]:
    """The half of a set that is trained on, or the other one."""
    for row in rows(path):
        if kept_for_measuring(row["premise"]) == measured:
            yield {name: row[name] for name in ("premise", "hypothesis", "label")}


def three_classes(path: Path) -> Iterator[dict[str, str]]:
    """A set of two classes, "not_entailment" as neutral."""
    for row in rows(path):
        label = "entailment" if row["label"] == "entailment" else "neutral"
        yield {"premise": row["premise"], "hypothesis": row["hypothesis"], "label": label}


def exchanged(path: Path) -> Iterator[dict[str, str]]:
    """Contradictions the other way round."""
    for row in rows(path):
        if row["label"] == "contradiction":
            yield {"premise": row["hypothesis"], "hypothesis": row["premise"], "label": row["label"]}


def related(nli: Path) -> Iterator[dict[str, str]]:
    """Entailments and unrelated pairs."""
    drawn = random.Random(RELATED_SEED)
    found = []
    for name, most in RELATED.items():
        kept = [row for row in rows(nli / name / "train.jsonl.gz") if row["label"] == "entailment"]
        drawn.shuffle(kept)
        kept = kept[:most]
        for place, row in enumerate(kept):
            other = kept[(place + 7) % len(kept)]["hypothesis"]
            for hypothesis, label in ((row["hypothesis"], "entailment"), (other, "neutral")):
                found.append({"premise": row["premise"], "hypothesis": hypothesis, "label": label})
    drawn.shuffle(found)
    yield from found[:N_RELATED]


def texts_of(data: Path, language: str) -> list[str]:
    """Texts that pairs are generated from."""
    found = [row["premise"] for row in rows(data / "nli" / f"written_{language}" / "train.jsonl.gz")]
    found += [row["text"] for row in rows(data / "qa" / f"written_passages_{language}" / "train.jsonl.gz")]
    if language == "en":
        claims = islice(rows(data / "nli" / "docnli_fever" / "train.jsonl.gz"), N_FEVER_PREMISES)
        return list(dict.fromkeys([*found, *(row["premise"] for row in claims)]))
    articles = json.loads(gzip.decompress((data / "qa" / "cmrc2018" / "trial.json.gz").read_bytes()))["data"]
    found += [paragraph["context"] for article in articles for paragraph in article["paragraphs"]]
    return list(dict.fromkeys(found))


def generated(data: Path, language: Literal["en", "zh"]) -> Iterator[dict[str, str]]:
    """Pairs by rule."""
    wordnet = data / "knowledge" / "open_english_wordnet"
    options = GenerateOptions(language=language, per_kind=PER_KIND[language])
    lexical = wordnet_rules(wordnet) if language == "en" else ()
    for pair in generate_nli(texts_of(data, language), options, lexical=lexical):
        yield asdict(pair)


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, required=True)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    data = data_or_exit()
    made = {
        **{
            f"passages_{language}_{part}": passage_pairs(
                data / "qa" / f"written_passages_{language}" / f"{part}.jsonl.gz"
            )
            for language in ("en", "zh")
            for part in ("train", "dev")
        },
        "fool_me_twice": half(data / "nli" / "fool_me_twice" / "train.jsonl.gz"),
        "fool_me_twice_measured": half(data / "nli" / "fool_me_twice" / "train.jsonl.gz", measured=True),
        "healthver": half(data / "nli" / "healthver" / "train.jsonl.gz"),
        "healthver_measured": half(data / "nli" / "healthver" / "train.jsonl.gz", measured=True),
        **{
            f"exchanged_{language}": exchanged(data / "nli" / f"written_{language}" / "train.jsonl.gz")
            for language in ("en", "zh")
        },
        "questions_en": questions(data, "en"),
        "questions_zh": questions(data, "zh"),
        "related": related(data / "nli"),
        "generated_en": generated(data, "en"),
        "generated_zh": generated(data, "zh"),
        **{f"answers_{language}": answer_pairs(language) for language in ("en", "zh")},
        **{f"claims_{language}": claim_pairs(language) for language in ("en", "zh")},
        **{f"conflicts_{language}": conflict_pairs(language) for language in ("en", "zh")},
        "rte": three_classes(data / "nli" / "rte" / "train.jsonl.gz"),
    }
    for name, pairs in made.items():
        lines = [json.dumps(pair, ensure_ascii=False) + "\n" for pair in pairs]
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        print(f"{name}: {len(lines):,}")


if __name__ == "__main__":
    main()
