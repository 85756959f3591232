"""A conversation: questions that keep the subject of the previous one."""

from __future__ import annotations

from simengine.errors import UsageError
from simengine.qa.answerer import Answerer
from simengine.types import Answer

MAX_TURNS = 50


class Conversation:
    """Asks one question after the other, each with the previous ones as its history. Not thread-safe.

    Args:
        answerer: answers.
        max_turns: turns kept as history, at least 1; older ones are dropped.

    Example:
        >>> talk = Conversation(answerer)                                            # doctest: +SKIP
        >>> talk.ask("How long does shipping to Canada take?").text                  # doctest: +SKIP
        'Parcels to Canada arrive within nine days.'
        >>> talk.ask("And to Germany?").question                                     # doctest: +SKIP
        'How long does shipping to Germany take?'
    """

    def __init__(self, answerer: Answerer, *, max_turns: int = MAX_TURNS) -> None:
        if isinstance(max_turns, bool) or not isinstance(max_turns, int) or max_turns < 1:
            raise UsageError(f"max_turns is {max_turns!r}; expected a whole number of at least 1")
        self._answerer, self._max_turns = answerer, max_turns
        self._turns: list[Answer] = []

    @property
    def turns(self) -> tuple[Answer, ...]:
        """The answers so far, oldest first."""
        return tuple(self._turns)

    def ask(self, question: str) -> Answer:
        """Answer a question; `question` of the answer is how it was understood, `asked` the original if that differs.

        Raises:
            UsageError: the question is blank, not a string, or too long; the conversation is unchanged.
        """
        before = [turn.asked or turn.question for turn in self._turns]
        answer = self._answerer.ask(question, before)
        self._turns = [*self._turns, answer][-self._max_turns :]
        return answer

    def forget(self) -> None:
        """Start over."""
        self._turns = []
