"""The stages of an ablation."""

from __future__ import annotations

import pytest

from matching import Document, Engine
from matching.ablation import STAGES, Stage
from matching.config import EngineConfig
from matching.encode import HashingEncoder
from matching.text import passage

ACHIEVEMENTS = [
    Document(f"a{row}", f"{part}减速器{row}号齿形修形") for row, part in enumerate("谐波摆线行星蜗轮" * 3)
]
REQUIREMENT = Document(
    "r", "谐波减速器降噪", "减速器减速器噪声大，需要齿形修形。谐波传动的柔轮开裂要解决。研发研发。"
)


def scores(config: EngineConfig) -> list[tuple[str, float]]:
    encoder = HashingEncoder(32)
    engine = Engine(encoder, config=config)
    engine.upsert(
        "achievements", ACHIEVEMENTS, encoder.encode([passage(one) for one in ACHIEVEMENTS]), sequence=1
    )
    engine.upsert("requirements", [REQUIREMENT], encoder.encode([passage(REQUIREMENT)]), sequence=1)
    found = engine.match(REQUIREMENT, limit=30, explain=False)
    return [(one.achievement, round(one.score, 4)) for one in found.candidates]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_switching_a_stage_off_changes_scores_and_loses_no_candidate(stage: Stage) -> None:
    full, without = scores(EngineConfig()), scores(stage.without(EngineConfig()))
    assert full != without
    assert {key for key, _ in full} == {key for key, _ in without}


def test_names_of_stages_are_unique() -> None:
    assert len({stage.name for stage in STAGES}) == len(STAGES)
