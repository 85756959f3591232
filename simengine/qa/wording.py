"""An answer in a language model's words, from any endpoint with OpenAI's chat completions API. Off by default."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from simengine.errors import SimengineError, UsageError

MAX_RESPONSE_BYTES = 1 << 20
INSTRUCTIONS = (
    "Answer the question in one or two sentences, in the language of the question. Say only what the evidence says; "
    "add nothing that is not in it. Do not mention the evidence."
)


class WordingError(SimengineError):
    """The endpoint returned no wording; the message says why, and never contains the key."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The key must not follow to another host."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        """None makes it an HTTP error."""


@dataclass(frozen=True, slots=True)
class Wording:
    """Asks an endpoint to word an answer. Texts of the corpus are sent to it.

    Attributes:
        base_url: up to and including "/v1", as in "http://localhost:8000/v1".
        model: its name at the endpoint.
        api_key: sent as a bearer token; never shown.
        timeout_s: for the connection and for each wait for data, above 0.
        max_tokens: of the answer, at least 1.
        instructions: the system prompt.

    Raises:
        UsageError: the URL is not http or https, or a value is out of range.
    """

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = 20.0
    max_tokens: int = 200
    instructions: str = INSTRUCTIONS

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UsageError(
                f"the wording endpoint is {self.base_url!r}; expected a URL such as http://localhost:8000/v1"
            )
        if parts.username or parts.password:
            raise UsageError(
                "the wording endpoint's URL contains a user name or password; give a key instead"
            )
        if not self.model.strip():
            raise UsageError("wording needs the model's name at the endpoint")
        if not self.timeout_s > 0 or self.max_tokens < 1:
            raise UsageError(
                f"timeout_s is {self.timeout_s}, max_tokens {self.max_tokens}; both must be above 0"
            )
        if self.api_key is not None and not (self.api_key.isascii() and self.api_key.isprintable()):
            raise UsageError(
                "the wording endpoint's key contains characters that are not allowed in an HTTP header"
            )

    def word(self, question: str, answer: str, evidence: str) -> str:
        """The answer in the model's words.

        Args:
            question: as asked.
            answer: in the corpus's words.
            evidence: its passage.

        Raises:
            WordingError: no answer within the time, an error, or a response that is not a chat completion.
        """
        prompt = f"Evidence:\n{evidence}\n\nQuestion: {question}\nAnswer found in the evidence: {answer}"
        body = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": self.instructions},
                {"role": "user", "content": prompt},
            ],
            "temperature": 0,
            "max_tokens": self.max_tokens,
        }
        text = _content(self._post(json.dumps(body).encode()))
        if not text:
            raise WordingError("the wording endpoint returned an empty answer")
        return text

    def _post(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.api_key:
            headers["Authorization"] = f"Bearer {self.api_key}"
        request = urllib.request.Request(
            f"{self.base_url.rstrip('/')}/chat/completions", data=body, headers=headers, method="POST"
        )
        opener = urllib.request.build_opener(_NoRedirects)
        try:
            with opener.open(request, timeout=self.timeout_s) as response:
                content: bytes = response.read(MAX_RESPONSE_BYTES + 1)
        except urllib.error.HTTPError as error:
            raise WordingError(f"the wording endpoint answered with HTTP {error.code}") from None
        except TimeoutError:
            raise WordingError(f"the wording endpoint did not answer within {self.timeout_s:g} s") from None
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise WordingError(f"the wording endpoint cannot be reached: {reason}") from None
        if len(content) > MAX_RESPONSE_BYTES:
            raise WordingError(f"the wording endpoint's answer is longer than {MAX_RESPONSE_BYTES:,} bytes")
        return content


def _content(response: bytes) -> str:
    """The first choice's text.

    Raises:
        WordingError: the response is not a chat completion.
    """
    try:
        found = json.loads(response)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        found = None
    if not isinstance(found, str):
        raise WordingError("the wording endpoint's answer is not a chat completion")
    return found.strip()
