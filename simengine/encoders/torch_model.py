"""A bi-encoder in torch: the transformer, and the pooling, layers and normalisation that follow it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from simengine.models.config import DenseStep, ModelConfig, NormalizeStep, PoolingStep, Step
from simengine.runtimes.torch_model import TorchModel
from simengine.runtimes.torch_modules import load_model
from simengine.runtimes.torch_packed import PACKED_FAMILIES, packed_layers, spread
from simengine.runtimes.whole_weights import check_finite, load_errors

if TYPE_CHECKING:
    import torch


class SentenceModel(TorchModel):
    """Token ids to (n, dimension), rows L2-normalised. The head runs in fp32.

    Args:
        config: of the model's folder.
        attention: see `load_model`.

    Raises:
        ModelDamagedError: the folder's weights cannot be loaded; the unused pooler may be missing.
    """

    def __init__(self, config: ModelConfig, attention: str | None = None) -> None:
        transformer = load_model(config.transformer_folder, pooler=False, attention=attention)
        super().__init__(
            transformer,
            build_head(config),
            takes_side=config.excludes_prompt,
            packs=config.family in PACKED_FAMILIES,
        )

    def padded(self, ids: torch.Tensor, mask: torch.Tensor, side: torch.Tensor | None = None) -> torch.Tensor:
        hidden = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        return self._vectors(hidden, mask, side)

    def packed(
        self,
        ids: torch.Tensor,
        mask: torch.Tensor,
        side: torch.Tensor | None,
        where: torch.Tensor | None,
    ) -> torch.Tensor:
        n, length = ids.shape
        seen = None if where is None else mask.bool().view(n, 1, 1, length)
        tokens = packed_layers(self.body, self.body.encoder.layer, ids, None, where, seen)
        hidden = spread(tokens, where, n * length).view(n, length, -1)
        return self._vectors(hidden, mask, side)

    def _vectors(self, hidden: torch.Tensor, mask: torch.Tensor, side: torch.Tensor | None) -> torch.Tensor:
        vectors: torch.Tensor = self.head(hidden.float(), mask if side is None else side)
        return vectors


def build_head(config: ModelConfig) -> torch.nn.Module:
    """The layers after the transformer: (token vectors, pooling mask) to (n, dimension), L2-normalised."""
    import torch

    class Head(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.dense = torch.nn.ModuleDict(
                {
                    str(i): _load_dense(step)
                    for i, step in enumerate(config.steps)
                    if isinstance(step, DenseStep)
                }
            )

        def forward(self, tokens: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
            vectors = tokens
            for position, step in enumerate(config.steps):
                if isinstance(step, PoolingStep):
                    parts = [pool(mode, vectors, pooled) for mode in step.modes]
                    vectors = torch.cat(parts, dim=-1) if len(parts) > 1 else parts[0]
                elif isinstance(step, NormalizeStep):
                    vectors = torch.nn.functional.normalize(vectors, p=2.0, dim=-1)
                else:
                    vectors = self.dense[str(position)](vectors)
            if config.truncated:
                vectors = vectors[:, : config.dimension]
            if config.truncated or not _ends_normalized(config.steps):
                vectors = torch.nn.functional.normalize(vectors, p=2.0, dim=-1)
            return vectors

    return Head().eval()


def _ends_normalized(steps: tuple[Step, ...]) -> bool:
    return bool(steps) and isinstance(steps[-1], NormalizeStep)


def pool(mode: str, tokens: torch.Tensor, pooled: torch.Tensor) -> torch.Tensor:
    """One pooled vector per text, as sentence-transformers defines the modes, for rows padded on the right.

    Args:
        mode: name of the pooling mode.
        tokens: (n, length, hidden) float.
        pooled: (n, length), 1 for tokens, 0 for padding and excluded tokens (the prompt's).
    """
    import torch

    weights = pooled.to(tokens.dtype).unsqueeze(-1)
    if mode == "cls":
        return _take(tokens, pooled.to(torch.int32).argmax(dim=1))
    if mode == "lasttoken":
        positions = torch.arange(1, tokens.shape[1] + 1, device=tokens.device, dtype=torch.int32)
        last = (pooled.to(torch.int32) * positions).amax(dim=1)
        return _take(tokens * weights, (last - 1).clamp(min=0))
    if mode == "max":
        return tokens.masked_fill(weights == 0, float("-inf")).amax(dim=1)
    if mode == "weightedmean":
        positions = torch.arange(1, tokens.shape[1] + 1, device=tokens.device, dtype=tokens.dtype)
        weights = weights * positions.view(1, -1, 1)
    total, count = (tokens * weights).sum(dim=1), weights.sum(dim=1).clamp(min=1e-9)
    return total / (count.sqrt() if mode == "mean_sqrt_len_tokens" else count)


def _take(tokens: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    import torch

    index = positions.to(torch.int64).view(-1, 1, 1).expand(-1, 1, tokens.shape[-1])
    return torch.gather(tokens, 1, index).squeeze(1)


def _load_dense(step: DenseStep) -> torch.nn.Module:
    import torch

    class Dense(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(step.in_features, step.out_features, bias=step.bias)
            self.activation_function = getattr(torch.nn, step.activation)()
            if step.residual and step.in_features != step.out_features:
                self.residual = torch.nn.Linear(step.in_features, step.out_features, bias=False)

        def forward(self, vectors: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = self.activation_function(self.linear(vectors))
            if not step.residual:
                return result
            return result + (self.residual(vectors) if hasattr(self, "residual") else vectors)

    with load_errors(step.folder, "the dense layer"):
        dense = Dense()
        dense.load_state_dict(_read_weights(step.folder))
        check_finite(step.folder, dense)
    return dense.float().eval()


def _read_weights(folder: Path) -> dict[str, Any]:
    import torch

    path = folder / "model.safetensors"
    if path.is_file():
        from safetensors.torch import load_file

        return dict(load_file(path))
    return dict(torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True))
