"""A torch forward in small batches bounded by tokens, on the CPU or a GPU.

BERT-like encoders (BERT, RoBERTa, XLM-R, CamemBERT) run packed: the linear layers see the tokens of all
texts of a batch without padding, attention sees the texts as rows. Other families run their transformers
module on batches of texts of similar length.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from simengine.encoders.contract import BiEncoder, Encoded, Role
from simengine.models.config import ModelConfig
from simengine.models.fingerprint import Fingerprint
from simengine.models.tokenization import FastTokenizer
from simengine.runtimes.batching import Batch, token_budget_batches
from simengine.runtimes.torch_modules import build_head, limited_threads, load_transformer, read_tokenizer
from simengine.types import FloatMatrix

if TYPE_CHECKING:
    import torch

# Small batches keep the activations in a processor's cache; a GPU wants enough work per launch.
TOKEN_BUDGET_CPU = 1024
TOKEN_BUDGET_CUDA = 32_768
PACKED_FAMILIES = frozenset({"bert", "roberta", "xlm-roberta", "camembert"})


class TorchEncoder(BiEncoder):
    """A sentence-transformers model of a known architecture in torch.

    Args:
        config: of the model's folder.
        fingerprint: of the same model.
        device: "cpu", "cuda" or "cuda:N".
        precision: "f32", "bf16" or "f16"; the weights are kept in it, the head runs in fp32.
        threads: processor threads to use at most.

    Raises:
        ModelDamagedError: the folder's files cannot be loaded.
    """

    def __init__(
        self, config: ModelConfig, fingerprint: Fingerprint, *, device: str, precision: str, threads: int
    ) -> None:
        import torch

        dtype = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[precision]
        self.fingerprint = fingerprint
        self.dimension = config.dimension
        self.max_tokens = config.max_tokens
        self.runtime = f"torch-{precision}" if device == "cpu" else f"torch-{device}-{precision}"
        self._config, self._threads = config, threads
        self._device = torch.device(device)
        self._transformer = load_transformer(config).to(device=self._device, dtype=dtype)
        self._packed = config.family in PACKED_FAMILIES
        self._head = build_head(config).to(device=self._device)
        self._budget = TOKEN_BUDGET_CPU if device == "cpu" else TOKEN_BUDGET_CUDA
        self._lock = threading.Lock()
        self.tokenizer: FastTokenizer = read_tokenizer(config)

    def prompt_tokens(self, role: Role) -> int:
        """As in the contract."""
        prompt = self._config.prompt(role)
        return self.tokenizer.prompt_length(prompt) if prompt else 0

    def encode_counted(self, texts: Sequence[str], *, role: Role = "text") -> Encoded:
        import torch

        prompt = self._config.prompt(role)
        tokens = self.tokenizer.encode(texts, prompt=prompt)
        n_left_out = self.tokenizer.prompt_length(prompt) if prompt and self._config.excludes_prompt else 0
        vectors = np.empty((len(texts), self.dimension), np.float32)
        pending: list[tuple[npt.NDArray[np.int64], torch.Tensor]] = []
        batches = token_budget_batches(
            tokens.ids, budget=self._budget, pad_token_id=self.tokenizer.pad_token_id
        )
        threads = self._threads if self._device.type == "cpu" else None
        # One call at a time: the number of threads belongs to the process.
        with self._lock, limited_threads(threads), torch.inference_mode():
            for batch in batches:
                pending.append((batch.rows, self._run(batch, n_left_out)))
                # Copies back wait for the GPU, so they come after further batches were handed to it.
                if len(pending) > 4:
                    _collect(vectors, [pending.pop(0)])
            _collect(vectors, pending)
        return Encoded(vectors, tokens.n_tokens, tokens.n_truncated, tokens.n_unknown, tokens.unknown_share)

    def _run(self, batch: Batch, n_left_out: int) -> torch.Tensor:
        import torch

        ids = torch.from_numpy(batch.ids).to(self._device, non_blocking=True)
        mask = torch.from_numpy(batch.mask).to(self._device, non_blocking=True)
        if self._packed:
            # Found on the CPU: asking the GPU for the number of tokens would wait for it.
            where = None if batch.mask.all() else torch.from_numpy(np.flatnonzero(batch.mask))
            if where is not None:
                where = where.to(self._device, non_blocking=True)
            hidden = packed_forward(self._transformer, ids, mask, where)
        else:
            hidden = self._transformer(input_ids=ids, attention_mask=mask).last_hidden_state
        pooled = mask
        if n_left_out:
            pooled = mask.clone()
            pooled[:, :n_left_out] = 0
        vectors: torch.Tensor = self._head(hidden.float(), pooled)
        return vectors


def _collect(vectors: FloatMatrix, results: list[tuple[npt.NDArray[np.int64], torch.Tensor]]) -> None:
    for rows, tensor in results:
        vectors[rows] = tensor.cpu().numpy()


def packed_forward(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, where: torch.Tensor | None
) -> torch.Tensor:
    """The last hidden states of a BERT-like encoder, (n, length, hidden), zero at padding.

    Args:
        model: transformers' BertModel, RobertaModel, XLMRobertaModel or CamembertModel.
        ids: (n, length) token ids, padded on the right.
        mask: (n, length), 1 for tokens.
        where: positions of the tokens in the flattened mask, or None if there is no padding.
    """

    n, length = ids.shape
    hidden = model.embeddings(input_ids=ids)
    tokens = hidden.flatten(0, 1)
    if where is not None:
        tokens = tokens.index_select(0, where)
    seen = None if where is None else mask.bool().view(n, 1, 1, length)
    for layer in model.encoder.layer:
        tokens = packed_layer(layer, tokens, where, (n, length), seen)
    result: torch.Tensor = spread(tokens, where, n * length).view(n, length, -1)
    return result


def packed_layer(
    layer: Any,
    tokens: torch.Tensor,
    where: torch.Tensor | None,
    shape: tuple[int, int],
    seen: torch.Tensor | None,
) -> torch.Tensor:
    """One layer of a BERT-like encoder.

    Args:
        layer: of transformers.
        tokens: (n_tokens, hidden), the tokens of all texts one after the other.
        where: their positions among all n * length, or None where `tokens` holds all of these.
        shape: (n, length).
        seen: (n, 1, 1, length) bool, False for padding; None if there is none.
    """
    import torch

    own = layer.attention.self
    queries, keys, values = (
        heads(linear(tokens), where, shape, own.num_attention_heads)
        for linear in (own.query, own.key, own.value)
    )
    context = torch.nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)
    context = context.transpose(1, 2).reshape(shape[0] * shape[1], -1)
    if where is not None:
        context = context.index_select(0, where)
    attended = layer.attention.output(context, tokens)
    output: torch.Tensor = layer.output(layer.intermediate(attended), attended)
    return output


def heads(
    tokens: torch.Tensor, where: torch.Tensor | None, shape: tuple[int, int], n_heads: int
) -> torch.Tensor:
    """Tokens of all texts as (n, heads, length, width) for attention; `shape` is (n, length)."""
    rows = spread(tokens, where, shape[0] * shape[1])
    return rows.view(*shape, n_heads, -1).transpose(1, 2)


def spread(tokens: torch.Tensor, where: torch.Tensor | None, n_rows: int) -> torch.Tensor:
    """Packed tokens back in their places among `n_rows`, zeros elsewhere."""
    if where is None:
        return tokens
    return tokens.new_zeros((n_rows, tokens.shape[1])).index_copy_(0, where, tokens)
