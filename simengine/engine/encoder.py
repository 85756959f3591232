"""An index's encoder, and the settings of a new index."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from simengine.encoders.canary import CANARY_COSINE_MIN, check_canary
from simengine.encoders.contract import BiEncoder, Role
from simengine.encoders.load import load_encoder
from simengine.engine.models import Models
from simengine.errors import FingerprintMismatchError, ModelNotFoundError, UsageError
from simengine.index.recipe import load_recipe
from simengine.requests.index import IndexOptions
from simengine.runtimes.check_texts import CANARY_VERSION, canary_texts
from simengine.store.settings import IndexSettings

DEFAULT_OVERLAP_TOKENS = 32
GIVEN_MODEL = "given by the caller"
"""Name of a model that was passed as an object: to search the index, pass it again."""
MOST_CHUNK_TOKENS = 512  # by default; for models without their own limit a book would be one passage


def open_encoder(settings: IndexSettings | None, models: Models) -> BiEncoder:
    """The bi-encoder, loaded or as given; with an index's settings, refuses one that did not build the index.

    Raises:
        FingerprintMismatchError: weights, tokenizer, pooling, prompts, normalisation, length or dimension differ; or
            the runtime's output differs from the stored vectors.
    """
    given = models.encoder
    if isinstance(given, BiEncoder):
        encoder = given
    elif given is None and settings is not None and settings.model_name == GIVEN_MODEL:
        raise ModelNotFoundError(
            "the index was built with a model that its caller had loaded; pass the same model again, as in "
            "Models(encoder=model)"
        )
    else:
        assert given is None or isinstance(given, str)  # `Models` turns objects into bi-encoders
        try:
            encoder = load_encoder(
                given or (settings.model_name if settings else None),
                device=models.device,
                runtime=models.runtime,
                precision=models.precision,
                threads=models.threads,
                offline=models.offline,
            )
        except ModelNotFoundError as error:
            if settings is None or given is not None:
                raise
            hint = "The index was built with it; name the folder where it is now (--model)."
            raise ModelNotFoundError(f"{error} {hint}") from error
    if settings is not None:
        check_fingerprint(settings, encoder)
    return encoder


def check_fingerprint(settings: IndexSettings, encoder: BiEncoder) -> None:
    """Raise FingerprintMismatchError, with the differences, unless the encoder is the index's."""
    if encoder.fingerprint.digest != settings.fingerprint:
        theirs, ours = settings.fingerprint_parts, encoder.fingerprint.parts
        differing = sorted(part for part in {*theirs, *ours} if theirs.get(part) != ours.get(part))
        name = "another model" if settings.model_name == GIVEN_MODEL else settings.model_name
        raise FingerprintMismatchError(
            f"the index was built with {name} (fingerprint {settings.fingerprint[:12]}), not with this "
            f"model (fingerprint {encoder.fingerprint.digest[:12]}); they differ in: {', '.join(differing)}. Open it "
            "with the model that built it (--model), or build a new index with this one"
        )


def verify_runtime(settings: IndexSettings, encoder: BiEncoder) -> float:
    """Encode the index's canary texts again and compare with the vectors stored when it was built.

    Returns:
        The lowest cosine; 1.0 if the index has no canaries of this version.

    Raises:
        FingerprintMismatchError: it is below `CANARY_COSINE_MIN`.
    """
    if settings.canary_texts_version != CANARY_VERSION or not settings.canary_vectors:
        return 1.0
    cosine = check_canary(encoder, settings.canary_vectors)
    if cosine < CANARY_COSINE_MIN:
        raise FingerprintMismatchError(
            f"the vectors of runtime {encoder.runtime} differ from those stored in the index (lowest cosine "
            f"{cosine:.4f} on its canary texts); use another runtime or device"
        )
    return cosine


def count_cut_tokens(encoder: BiEncoder, texts: Sequence[str], *, role: Role = "text") -> list[int]:
    """For each text its tokens beyond the encoder's limit; 0 for all that fit.

    Only texts that are long enough to be truncated are tokenised.
    """
    room = encoder.max_tokens - encoder.tokenizer.n_special_tokens - encoder.prompt_tokens(role)
    # A token is at least one byte.
    long = {text: 0 for text in texts if len(text) > room or len(text.encode()) > room}
    for text, offsets in zip(long, encoder.tokenizer.offsets(list(long)) if long else [], strict=True):
        long[text] = max(len(offsets) - room, 0)
    return [long.get(text, 0) for text in texts]


def new_settings(encoder: BiEncoder, name: str, options: IndexOptions) -> IndexSettings:
    """The settings of a new index.

    Raises:
        UsageError: the passage length or the overlap does not fit the model.
    """
    chunk_tokens = options.chunk_tokens or min(encoder.max_tokens, MOST_CHUNK_TOKENS)
    overlap = DEFAULT_OVERLAP_TOKENS if options.overlap_tokens is None else options.overlap_tokens
    if not 8 <= chunk_tokens <= encoder.max_tokens:
        raise UsageError(
            f"chunk_tokens is {chunk_tokens}; expected 8 to {encoder.max_tokens}, the model's limit"
        )
    if options.overlap_tokens is None:
        overlap = min(overlap, chunk_tokens // 4)
    if not 0 <= overlap <= chunk_tokens // 2:
        raise UsageError(
            f"overlap_tokens is {overlap}; expected 0 to {chunk_tokens // 2}, half of chunk_tokens"
        )
    if options.recipe not in (None, "auto"):
        load_recipe(str(options.recipe))  # an unknown name is an error before anything is encoded
    return IndexSettings(
        model_name=name,
        fingerprint=encoder.fingerprint.digest,
        fingerprint_parts=dict(encoder.fingerprint.parts),
        dimension=encoder.dimension,
        max_tokens=encoder.max_tokens,
        chunk_tokens=chunk_tokens,
        overlap_tokens=overlap,
        recipe=options.recipe or "auto",
        canary_texts_version=CANARY_VERSION,
        canary_vectors=encoder.encode(canary_texts()).tolist(),
        command=options.command,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
