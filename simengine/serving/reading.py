"""How much of a text a bi-encoder reads."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.encoders.contract import BiEncoder, Role


def count_cut_tokens(encoder: BiEncoder, texts: Sequence[str], *, role: Role = "text") -> list[int]:
    """For each text its tokens beyond those that the encoder reads; 0 for all that fit.

    Only texts that are long enough to be cut are tokenised.
    """
    room = encoder.max_tokens - encoder.tokenizer.n_special_tokens - encoder.prompt_tokens(role)
    # A token is at least one byte.
    long = {text: 0 for text in texts if len(text) > room or len(text.encode()) > room}
    for text, offsets in zip(long, encoder.tokenizer.offsets(list(long)) if long else [], strict=True):
        long[text] = max(len(offsets) - room, 0)
    return [long.get(text, 0) for text in texts]
