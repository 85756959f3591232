"""A worded answer passes the evidence check, or the corpus's own words stay."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from simengine.errors import UsageError
from simengine.qa.answerer import Answerer
from simengine.qa.wording import MAX_RESPONSE_BYTES, Wording, WordingError
from simengine.types import Answer, Document
from tests.qa.fakes import Library, table

TOWER = Document("tower", "The tower was built in 1889 by Eiffel.")
QUESTION = "When was the tower built?"
FOUND = ("1889", QUESTION, "entailment")
KEY = "sk-very-secret"


class Endpoint:
    """What the server answers with, and what it was sent."""

    def __init__(self) -> None:
        self.status, self.body, self.wait_s = 200, b"", 0.0
        self.headers: dict[str, str] = {}
        self.requests: list[tuple[str, dict[str, Any], dict[str, str]]] = []
        self.url = ""

    def say(self, text: object) -> None:
        self.body = json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    state = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append((self.path, sent, dict(self.headers)))
            time.sleep(state.wait_s)
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.body)

        do_GET = do_POST  # noqa: N815 - the name that the server looks for

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def ask(
    endpoint: Endpoint, *rules: tuple[str, str, str], question: str = QUESTION, timeout_s: float = 5.0
) -> Answer:
    wording = Wording(endpoint.url, "tiny", KEY, timeout_s=timeout_s)
    return Answerer(Library(TOWER), table(*rules), wording=wording).ask(question)


def test_a_wording_that_the_evidence_entails_is_given(endpoint: Endpoint) -> None:
    endpoint.say(" It was built in 1889. Eiffel built it. ")
    answer = ask(
        endpoint, FOUND, ("1889", "It was built", "entailment"), ("Eiffel", "Eiffel built", "entailment")
    )
    assert answer.text == "It was built in 1889. Eiffel built it."
    assert (answer.verdict, answer.span) == ("answer", None)
    assert answer.evidence is not None
    assert answer.evidence.text == TOWER.text
    assert "worded by tiny" in answer.notes[0]


def test_the_request_is_a_chat_completion_with_the_evidence_and_the_key(endpoint: Endpoint) -> None:
    endpoint.say("x")
    ask(endpoint, FOUND)
    path, body, headers = endpoint.requests[0]
    assert path == "/v1/chat/completions"
    assert (body["model"], body["temperature"]) == ("tiny", 0)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert TOWER.text in body["messages"][1]["content"]
    assert QUESTION in body["messages"][1]["content"]
    assert headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("label", ["neutral", "contradiction"])
def test_one_sentence_without_evidence_is_enough_to_keep_the_plain_answer(
    endpoint: Endpoint, label: str
) -> None:
    endpoint.say("It was built in 1889. It fell down.")
    answer = ask(endpoint, FOUND, ("1889", "It was built", "entailment"), ("1889", "It fell", label))
    assert answer.text == TOWER.text
    assert answer.span is not None
    assert "rejected" in answer.notes[0]
    assert "It fell down." in answer.notes[0]


@pytest.mark.parametrize(
    ("text", "taken"), [("Yes, Eiffel built it.", True), ("No, Eiffel built it.", False), ("Yes.", True)]
)
def test_a_worded_yes_or_no_is_the_verdicts_own(endpoint: Endpoint, text: str, taken: bool) -> None:
    question = "Was the tower built by Eiffel?"
    endpoint.say(text)
    answer = ask(
        endpoint, ("Eiffel", question, "entailment"), ("Eiffel", "uilt", "entailment"), question=question
    )
    assert answer.verdict == "yes"
    assert (answer.text == text) is taken


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"not json", 200, "not a chat completion"),
        (b'{"choices": []}', 200, "not a chat completion"),
        (b'{"choices": [{"message": {"content": null}}]}', 200, "not a chat completion"),
        (b'{"choices": [{"message": {"content": "  "}}]}', 200, "empty answer"),
        (b"[" * 100_000, 200, "not a chat completion"),
        (b"x" * (MAX_RESPONSE_BYTES + 1), 200, "longer than"),
        (b"{}", 500, "HTTP 500"),
        (b"{}", 401, "HTTP 401"),
    ],
)
def test_an_endpoint_that_fails_costs_the_wording_and_not_the_answer(
    endpoint: Endpoint, body: bytes, status: int, said: str
) -> None:
    endpoint.body, endpoint.status = body, status
    answer = ask(endpoint, FOUND)
    assert (answer.verdict, answer.text) == ("answer", TOWER.text)
    assert said in answer.notes[0]
    assert KEY not in str(answer)


def test_a_slow_endpoint_is_given_up(endpoint: Endpoint) -> None:
    endpoint.wait_s = 1.0
    endpoint.say("late")
    answer = ask(endpoint, FOUND, timeout_s=0.1)
    assert answer.text == TOWER.text
    assert "within 0.1 s" in answer.notes[0]


def test_no_endpoint_is_told_in_a_note() -> None:
    wording = Wording("http://127.0.0.1:9", "tiny", timeout_s=2.0)
    answer = Answerer(Library(TOWER), table(FOUND), wording=wording).ask(QUESTION)
    assert answer.text == TOWER.text
    assert "cannot be reached" in answer.notes[0]


def test_a_redirect_is_not_followed(endpoint: Endpoint) -> None:
    endpoint.status, endpoint.headers = 302, {"Location": f"{endpoint.url}/elsewhere"}
    assert "HTTP 302" in ask(endpoint, FOUND).notes[0]
    assert len(endpoint.requests) == 1


def test_nothing_is_sent_where_nothing_was_found(endpoint: Endpoint) -> None:
    assert ask(endpoint).verdict == "not found"
    assert endpoint.requests == []


def test_the_key_is_never_shown() -> None:
    assert KEY not in repr(Wording("http://host/v1", "tiny", KEY))


@pytest.mark.parametrize(
    ("url", "model", "options"),
    [
        ("file:///etc/passwd", "m", {}),
        ("host/v1", "m", {}),
        ("http://user:word@host/v1", "m", {}),
        ("http://host", " ", {}),
        ("http://host", "m", {"timeout_s": 0}),
        ("http://host", "m", {"timeout_s": float("nan")}),
        ("http://host", "m", {"max_tokens": 0}),
        ("http://host", "m", {"api_key": "a\nb"}),
    ],
)
def test_settings_that_cannot_work_are_refused(url: str, model: str, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Wording(url, model, **options)


def test_an_error_names_its_cause(endpoint: Endpoint) -> None:
    endpoint.status = 503
    with pytest.raises(WordingError, match="HTTP 503"):
        Wording(endpoint.url, "tiny").word("q", "a", "e")
