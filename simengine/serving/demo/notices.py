"""The states of the page that are not a result: nothing yet, on its way, nothing found, something wrong."""

from __future__ import annotations

import logging
from typing import Literal

from markupsafe import Markup

from simengine.errors import SimengineError
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import FRAME, Language, Text
from simengine.serving.telling import is_hidden, told

logger = logging.getLogger(__name__)

NoticeKind = Literal["empty", "none", "error", "note", "good"]


def notice(language: Language, kind: NoticeKind, title: Text | str, body: Text | str = "") -> Markup:
    """HTML of a notice.

    Args:
        language: of the page.
        kind: "empty" (nothing to show yet), "none" (nothing found), "error", "note", "good".
        title, body: line ends of the body stay.
    """
    return render("notice", language, {"kind": kind, "title": title, "body": body})


def skeleton(language: Language, label: Text, n: int = 3) -> Markup:
    """HTML shown while results are on their way."""
    return render("skeleton", language, {"label": label, "n": n})


def shown(error: SimengineError) -> str:
    """The words for the page, which other people may read; what is left out is logged."""
    if is_hidden(error):
        logger.error("the page: %s", error)
    return told(error)


def failure(error: Exception, language: Language) -> Markup:
    """HTML for an error: what `simengine.serving.telling` shows of it. What is left out is logged.

    Handlers catch `Exception` around their calls of the index and return this in place of a result.
    """
    if isinstance(error, SimengineError):
        return notice(language, "error", FRAME.went_wrong, shown(error))
    logger.error("the page: an error that was not expected", exc_info=error)
    return notice(language, "error", FRAME.went_wrong, FRAME.unexpected)
