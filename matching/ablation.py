"""The stages of the ranking, each with the settings that switch it off: what does it bring?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from matching.config import EngineConfig


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage by a stable name, what to call the pipeline without it, and the settings for that."""

    name: str
    zh: str
    en: str
    changes: dict[str, Any]

    def without(self, config: EngineConfig) -> EngineConfig:
        return replace(config, **self.changes)


STAGES: tuple[Stage, ...] = (
    Stage(
        "dense",
        "不用语义向量（仅词面）",
        "without vectors (words only)",
        {"dense_weight": 0.0, "feedback_weight": 0.0},
    ),
    Stage("lexical", "不用词面（仅语义向量）", "without words (vectors only)", {"lexical_weight": 0.0}),
    Stage("characters", "不计单字", "without single characters", {"term_kinds": ("bigrams",)}),
    Stage("bigrams", "不计二字组", "without bigrams", {"term_kinds": ("characters",)}),
    Stage(
        "grams",
        "以分词代替单字和二字组",
        "cut words instead of characters and bigrams",
        {"term_kinds": ("words",)},
    ),
    Stage(
        "words_added", "另计分词", "cut words in addition", {"term_kinds": ("characters", "bigrams", "words")}
    ),
    Stage("title_again", "标题不重复计分", "title not counted again", {"title_weight": 0.0}),
    Stage("damped_counts", "词频不取对数", "counts not damped", {"damped_counts": False}),
    Stage(
        "request_weights",
        "不按需求侧常见程度降权",
        "without request-side weights",
        {"request_weights": False},
    ),
    Stage("background", "不用随附的常见词表", "without the shipped background", {"prior_weight": 0.0}),
    Stage("centring", "向量不去中心", "without centring", {"centring": False}),
    Stage("full_view", "不看全文向量", "without the full text's vector", {"full_view": 0.0}),
    Stage("title_view", "不看标题向量", "without the title's vector", {"title_view": 0.0}),
    Stage("sentence_view", "不看单句向量", "without the sentences' vectors", {"sentence_view": 0.0}),
    Stage("feedback", "不用伪相关反馈", "without feedback from the best five", {"feedback_weight": 0.0}),
)
