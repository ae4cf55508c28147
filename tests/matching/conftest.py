"""Fixtures of the engine's tests: a small engine on hashed vectors, the real model where a test is marked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from matching import Document, Engine
from matching.encode import HashingEncoder, open_encoder
from matching.model import is_fetched
from matching.serving import ServedEncoder
from matching.text import passage

ACHIEVEMENTS = (
    Document(
        "a-gear", "谐波减速器齿形优化技术", owner="s-one", attributes={"field": "机械", "region": "甲市"}
    ),
    Document("a-film", "石墨烯导热膜制备方法", owner="s-one", attributes={"field": "材料", "region": "甲市"}),
    Document(
        "a-kiln",
        "大型石灰窑均匀供风装置",
        "通过环形风道使窑内均匀供风。",
        owner="s-two",
        attributes={"field": ("机械", "环境"), "region": "乙市"},
    ),
    Document("a-cloth", "莱赛尔面料抗原纤化整理", owner="s-three", attributes={"field": "纺织"}),
)
REQUIREMENTS = (
    Document(
        "r-kiln",
        "大型石灰窑炉供风系统",
        "窑内供风不均匀，需要适合大型窑炉的供风系统。",
        attributes={"status": "published"},
    ),
    Document(
        "r-gear",
        "减速器振动噪声大",
        "谐波减速器的齿形误差导致振动噪声，需要优化齿形。",
        attributes={"status": "published"},
    ),
    Document(
        "r-cloth",
        "莱赛尔床品易起毛",
        "莱赛尔面料水洗后起毛，需要抗原纤化整理。",
        attributes={"status": "draft"},
    ),
)
SOLVERS = (Document("s-four", "锦江大学家纺团队", "从事莱赛尔面料整理研究"),)


def fill(engine: Engine, collection: str, documents: Sequence[Document], *, sequence: int = 1) -> None:
    """Upserts documents with the vectors of the hashing encoder."""
    vectors = HashingEncoder(64).encode([passage(document) for document in documents])
    engine.upsert(collection, documents, vectors, sequence=sequence)  # type: ignore[arg-type]


@pytest.fixture
def engine() -> Engine:
    filled = Engine(HashingEncoder(64))
    fill(filled, "achievements", ACHIEVEMENTS)
    fill(filled, "requirements", REQUIREMENTS)
    fill(filled, "solvers", SOLVERS)
    return filled


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Where the real default model lies; fetched before the tests run, never by them."""
    models = Path(os.environ.get("JIEBANG_DATA_DIR", "var")) / "models"
    if not is_fetched(models):
        pytest.skip("the default model is not fetched")
    return models


@pytest.fixture(scope="session")
def model(models_dir: Path) -> Iterator[ServedEncoder]:
    encoder = open_encoder(models_dir=models_dir)
    yield encoder
    encoder.close()
