"""Trains a copy of an embedding model for a few steps: a title shall be nearest to its own sentence.

The loss is the in-batch InfoNCE: of all sentences of a batch the title has to find its own, and of all titles
each sentence its own. Needs torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from matching.adapt.pairs import Source, batches
from matching.encode import load_model


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the model is trained. The defaults were compared with others in `docs/quality.md`."""

    steps: int = 30
    batch: int = 48
    rate: float = 2e-5
    temperature: float = 0.05
    title_tokens: int = 40
    sentence_tokens: int = 64
    seeds: tuple[int, ...] = (0,)
    """One training for each; their weights are averaged."""


Report = Callable[[int, int], None]
"""Called with steps done and steps in all, after each; what it raises ends the training."""


def train(
    source: str, given: list[Source], target: Path, recipe: Recipe, report: Report = lambda done, total: None
) -> None:
    """Writes the adapted model as a sentence-transformers folder `target`, which must not exist.

    Raises ModelUnavailable when `source` cannot be loaded.
    """
    import torch

    total = recipe.steps * len(recipe.seeds)
    averaged: dict[str, torch.Tensor] = {}
    model: Any = None
    for place, seed in enumerate(recipe.seeds):
        model = load_model(source, attention="eager")
        done = place * recipe.steps
        _train_once(model, given, recipe, seed, lambda step, done=done: report(done + step, total))  # type: ignore[misc]
        for name, value in model.state_dict().items():
            kept = value.detach().clone()
            averaged[name] = kept if place == 0 else averaged[name] + (kept - averaged[name]) / (place + 1)
    model.load_state_dict(averaged)
    model.save(str(target), create_model_card=False, safe_serialization=True)


def _train_once(
    model: Any, given: list[Source], recipe: Recipe, seed: int, report: Callable[[int], None]
) -> None:
    import torch

    for name, parameter in model.named_parameters():
        # Word vectors and the first layer hold what a few hundred texts cannot teach better.
        parameter.requires_grad = not ("embeddings" in name or ".layer.0." in name)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=recipe.rate)
    random = np.random.default_rng(seed)
    longest = model.max_seq_length
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model.train()
        drawn = batches(given, size=recipe.batch, steps=recipe.steps, random=random)
        for step, pairs in enumerate(drawn, start=1):
            titles = _embedded(model, [title for title, _ in pairs], recipe.title_tokens)
            sentences = _embedded(model, [sentence for _, sentence in pairs], recipe.sentence_tokens)
            likeness = titles @ sentences.T / recipe.temperature
            own = torch.arange(len(pairs))
            loss = torch.nn.functional.cross_entropy(likeness, own)
            loss = (loss + torch.nn.functional.cross_entropy(likeness.T, own)) / 2
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            report(step)
    model.max_seq_length = longest
    model.eval()


def _embedded(model: Any, texts: list[str], tokens: int) -> Any:
    """(n, d) unit vectors with their gradient; dropout is on, so a text differs from itself."""
    import torch

    model.max_seq_length = tokens
    features = model.preprocess(texts) if hasattr(model, "preprocess") else model.tokenize(texts)
    return torch.nn.functional.normalize(model(features)["sentence_embedding"], dim=1)
