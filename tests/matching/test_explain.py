"""Evidence and its sentence."""

from __future__ import annotations

import pytest

from matching.calibrate import shipped_curves
from matching.config import EngineConfig
from matching.explain import PlainText, common_phrases, evidence, phrase_shares, sentence
from matching.features import WeightedTerms, weighted_terms
from matching.frequencies import shipped_background
from matching.index.lexical import Bm25, LexicalIndex
from matching.terms import extract
from matching.text import passage
from matching.types import Document, Evidence, Span


def pairs(requirement: Document, achievement: Document) -> list[tuple[str, str]]:
    found = common_phrases(PlainText.of(requirement, length=500), PlainText.of(achievement, length=500))
    return [(theirs.text, own.text) for theirs, own in found]


def query_of(requirement: Document, achievement: Document) -> WeightedTerms:
    documents, requirements = LexicalIndex(Bm25()), LexicalIndex(Bm25())
    documents.append(extract([passage(achievement), "莱赛尔面料"]))
    return weighted_terms(
        passage(requirement),
        requirement.title,
        documents=documents.view(),
        requirements=requirements.view(),
        background=shipped_background(),
        config=EngineConfig(),
    )


def explain(requirement: Document, achievement: Document, likeness: float = 0.0) -> tuple[Evidence, ...]:
    return evidence(
        requirement,
        achievement,
        query=query_of(requirement, achievement),
        closest=Span("title", 0, len(requirement.title), requirement.title),
        likeness=likeness,
        length=500,
        limit=5,
    )


def test_common_phrases_are_as_long_as_possible() -> None:
    found = pairs(Document("r", "大型石灰窑炉供风"), Document("a", "新型石灰窑的供风装置"))
    assert found == [("石灰窑", "石灰窑"), ("供风", "供风")]


def test_phrases_meet_across_scripts_and_widths_with_their_own_places() -> None:
    requirement, achievement = Document("r", "ＰＬＣ控制的減速機"), Document("a", "减速机PLC控制")
    found = common_phrases(PlainText.of(requirement, length=99), PlainText.of(achievement, length=99))
    assert [(theirs.text, own.text) for theirs, own in found] == [
        ("減速機", "减速机"),
        ("ＰＬＣ控制", "PLC控制"),
    ]
    for theirs, own in found:
        assert requirement.title[theirs.start : theirs.end] == theirs.text
        assert achievement.title[own.start : own.end] == own.text


def test_empty_words_are_no_evidence_and_numbers_are_not_torn() -> None:
    assert pairs(Document("r", "关键技术研究与产业化"), Document("a", "关键技术研究")) == []
    assert pairs(Document("r", "温度1400度"), Document("a", "140米窑")) == []


def test_a_phrase_never_crosses_punctuation() -> None:
    assert pairs(Document("r", "石灰、窑炉"), Document("a", "石灰窑炉")) == [
        ("石灰", "石灰"),
        ("窑炉", "窑炉"),
    ]


def test_the_share_of_a_phrase_is_its_part_of_the_weight_that_meets() -> None:
    requirement, achievement = Document("r", "石灰窑供风"), Document("a", "石灰窑供风")
    query = query_of(requirement, achievement)
    whole, part = phrase_shares(["石灰窑供风", "供风"], query, achievement.title)
    assert whole == pytest.approx(1.0)
    assert 0.0 < part < 1.0
    assert phrase_shares(["齿轮"], query, achievement.title).tolist() == [0.0]


def test_evidence_is_ordered_by_strength_and_lies_in_the_texts() -> None:
    requirement = Document("r", "石灰窑供风不匀", "需要供风装置。")
    achievement = Document("a", "石灰窑装置", "改善供风。")
    found = explain(requirement, achievement, likeness=0.5)
    assert {one.kind for one in found} == {"lexical", "semantic"}
    assert [one.strength for one in found] == sorted((one.strength for one in found), reverse=True)
    for one in found:
        assert getattr(requirement, one.requirement.field)[one.requirement.start : one.requirement.end] == (
            one.requirement.text
        )
        assert getattr(achievement, one.achievement.field)[one.achievement.start : one.achievement.end] == (
            one.achievement.text
        )
        assert 0.0 < one.strength <= 1.0


def test_texts_that_share_nothing_have_no_evidence() -> None:
    assert explain(Document("r", "石灰窑"), Document("a", "面料")) == ()
    assert explain(Document("r", "石灰窑"), Document("a", "")) == ()


def test_the_sentence_quotes_what_meets_and_says_how_sure_it_is() -> None:
    grade = shipped_curves().grade(6.0)
    found = explain(Document("r", "石灰窑供风"), Document("a", "石灰窑装置"), likeness=0.6)
    told = sentence(found, grade)
    assert "“石灰窑”" in told
    assert "石灰窑供风" in told
    assert f"{grade.p3:.0%}" in told
    assert "没有直接对应" in sentence((), grade)


def test_a_long_quotation_is_cut() -> None:
    span = Span("description", 0, 60, "很" * 60)
    told = sentence((Evidence(span, span, "semantic", 0.5),), shipped_curves().grade(1.0))
    assert "…" in told
    assert len(told) < 80
