"""From a model's name to a bi-encoder."""

from __future__ import annotations

from collections.abc import Sequence

from simengine.encoders.contract import BiEncoder, Encoded, Role
from simengine.encoders.network import SentenceNetwork
from simengine.errors import ModelError
from simengine.models.config import ModelConfig, NormalizeStep, read_config
from simengine.models.kinds import check_kind
from simengine.models.resolve import resolve_model
from simengine.runtimes.choice import check_names, open_runtime
from simengine.runtimes.contract import Runtime
from simengine.runtimes.hardware import choose_threads

OTHER_HEADS = ("ForSequenceClassification", "ForQuestionAnswering", "ForTokenClassification")


def load_encoder(
    model: str | None = None,
    *,
    device: str = "auto",
    runtime: str = "auto",
    precision: str = "auto",
    threads: int | None = None,
    offline: bool = False,
    truncate_dim: int | None = None,
) -> BiEncoder:
    """Load a bi-encoder.

    Args:
        model: a folder, a hub name, or None for the default all-MiniLM-L6-v2.
        device: "auto", "cpu", "cuda" or "cuda:N".
        runtime: "openvino" (the default on CPUs), "torch", "sentence-transformers", or "auto". If "auto"
            falls back to sentence-transformers, the encoder's `runtime_reason` says why.
        precision: "f32", "bf16", "f16" (GPUs), "int8" (openvino on CPUs with VNNI; refused if a check on
            texts gives a cosine below 0.999 to fp32), or "auto": bf16 on CPUs with AMX, fp32 elsewhere.
        threads: most processor threads to use; None for all that this process may use.
        offline: never contact a hub.
        truncate_dim: dimensions to keep (for Matryoshka models); None for the model's own setting.

    Raises:
        ModelNotFoundError, ModelDamagedError: see `resolve_model` and `read_config`.
        ModelError: the model is of another kind (see `check_kind`), scores pairs or words, or was trained for
            a similarity other than cosine.
        DeviceError: CUDA was requested and cannot be used.
        UsageError: an argument has an unknown value, or the runtime cannot run this model.
    """
    check_names(runtime, precision)
    n_threads = choose_threads(threads)
    folder = resolve_model(model, offline=offline).path
    check_kind(folder, "bi-encoder")
    config = read_config(folder, truncate_dim=truncate_dim)
    _refuse_other_heads(config)
    _refuse_other_similarity(config)
    network = SentenceNetwork(config)
    opened = open_runtime(network, runtime=runtime, device=device, precision=precision, threads=n_threads)
    return TransformerEncoder(network, opened)


class TransformerEncoder(BiEncoder):
    """A bi-encoder run by one of the runtimes.

    Args:
        network: the model.
        opened: runs it.
    """

    def __init__(self, network: SentenceNetwork, opened: Runtime[str]) -> None:
        self._network, self._opened = network, opened
        self.fingerprint, self.dimension = network.fingerprint, opened.width
        self.max_tokens, self.tokenizer = opened.max_tokens, opened.tokenizer
        self.runtime, self.runtime_reason = opened.name, opened.reason

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        vectors, counts = self._opened.run(texts, role)
        return Encoded(vectors, counts.n_tokens, counts.n_truncated, counts.n_unknown, counts.unknown_share)

    def prompt_tokens(self, role: Role) -> int:
        prompt = self._network.config.prompt(role)
        return self._opened.tokenizer.prompt_length(prompt) if prompt else 0

    def close(self) -> None:
        self._opened.close()


def _refuse_other_heads(config: ModelConfig) -> None:
    """A cross-encoder, reader or tagger would load without its head and give meaningless vectors."""
    if (config.folder / "modules.json").is_file():
        return
    architecture = str((config.architecture.get("architectures") or [""])[0])
    if architecture.endswith(OTHER_HEADS):
        raise ModelError(
            f"{config.folder}: its architecture is {architecture}; expected a bi-encoder, which encodes a text as a "
            "vector, such as all-MiniLM-L6-v2"
        )


def _refuse_other_similarity(config: ModelConfig) -> None:
    """All vectors are normalised and compared by cosine."""
    name = config.similarity
    normalised = bool(config.steps) and isinstance(config.steps[-1], NormalizeStep)
    if name == "cosine" or (name in ("dot", "dot_score") and normalised):
        return
    raise ModelError(
        f"{config.folder}: config_sentence_transformers.json says that the model was trained for the similarity "
        f"{name!r} (similarity_fn_name); simengine compares by cosine, which gives other scores and another order. "
        'Use a model trained for cosine, or write "cosine" there to try this one with cosine'
    )
