"""Reads a technical requirement: key words, the need, targets, money, places, classes, conditions, gaps.

Pure and fast (a few milliseconds without an encoder); storing an analysis and the edits of people to it is
left to the application.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from matching.analyse.budget import find_budget_in, find_localities
from matching.analyse.classes import ClassVectors, classify
from matching.analyse.clauses import plain
from matching.analyse.completeness import assess, vague_words
from matching.analyse.conditions import find_conditions
from matching.analyse.keywords import find_keywords
from matching.analyse.neighbours import Neighbour, neighbours
from matching.analyse.new_words import NewWord, discover
from matching.analyse.sentences import goes_on_as_list, is_indicator_list, judge_sentences, states_a_wish
from matching.analyse.targets import find_targets
from matching.analyse.types import (
    SECTIONS,
    Analysis,
    Budget,
    ClassProbability,
    Completeness,
    Condition,
    Gap,
    Keyword,
    Locality,
    Place,
    RequirementText,
    Section,
    Sentence,
    Target,
)

__all__ = [
    "Analysis",
    "Budget",
    "ClassProbability",
    "ClassVectors",
    "Completeness",
    "Condition",
    "Gap",
    "Keyword",
    "Locality",
    "Neighbour",
    "NewWord",
    "Place",
    "RequirementText",
    "Section",
    "Sentence",
    "Target",
    "analyse",
    "discover",
    "neighbours",
    "vague_words",
]

VERSION = 2
"""Grows when the same text may be read differently, so that stored analyses can be told apart."""

_LONGEST = 20_000
"""Characters of a section that are read; a form allows far fewer."""


def analyse(
    requirement: RequirementText, *, vectors: ClassVectors | None = None, known_words: Collection[str] = ()
) -> Analysis:
    """Everything that can be read from one requirement.

    `vectors` adds embeddings to the classes (one encoder call); `known_words` are new words the caller has
    discovered in its own corpus.
    """
    sections = {name: requirement.section(name)[:_LONGEST] for name in SECTIONS}
    requirement = RequirementText(
        **sections,
        keywords=requirement.keywords,
        target_count=requirement.target_count,
        has_budget=requirement.has_budget,
        has_deadline=requirement.has_deadline,
        has_place=requirement.has_place,
        has_cooperation=requirement.has_cooperation,
        has_contact=requirement.has_contact,
    )
    body = [sections[name] for name in ("description", "problem", "key_indicators", "goal")]
    sentences = tuple(judge_sentences(requirement))
    targets = tuple(_targets(requirement, sentences))
    budget = find_budget_in(
        {**sections, "description": _without_background(sections["description"], sentences)}
    )
    localities = tuple(
        {
            (where.province, where.city): where
            for name in ("problem", "description", "title")
            for where in find_localities(name, sections[name])
        }.values()
    )
    fields, divisions = classify(sections["title"], body, vectors=vectors)
    wanted = [one.place.text for one in sentences if one.kind != "background"]
    keywords = find_keywords(sections["title"], wanted, known=known_words)
    return Analysis(
        keywords=keywords,
        sentences=sentences,
        targets=targets,
        budget=budget,
        localities=localities,
        fields=fields,
        divisions=divisions,
        conditions=tuple(find_conditions(requirement)),
        completeness=assess(
            requirement,
            sentences=sentences,
            targets=targets,
            budget=budget,
            localities=localities,
            keywords=keywords,
        ),
    )


def _without_background(text: str, sentences: tuple[Sentence, ...]) -> str:
    """The description with its background sentences blanked out: a company's capital is no budget."""
    for sentence in sentences:
        if sentence.kind == "background" and sentence.place.section == "description":
            start, end = sentence.place.start, sentence.place.end
            text = f"{text[:start]}{'。' * (end - start)}{text[end:]}"
    return text


def _targets(requirement: RequirementText, sentences: tuple[Sentence, ...]) -> Iterator[Target]:
    """Targets of the indicators, of the goal, and of the description's sentences that state a need.

    The problem and the existing work say how things stand: figures there are no targets. Nor are a sentence's
    figures when the sentence says no wish (目前漏检率约 12%).
    """
    seen: set[tuple[str, str, float, float | None, str]] = set()
    is_under_header = False
    for sentence in sentences:
        place = sentence.place
        if place.section in ("problem", "existing_work"):
            continue
        is_under_header = place.section == "description" and goes_on_as_list(place.text, is_under_header)
        if place.section == "description" and not (is_under_header or states_a_wish(sentence)):
            continue
        original = requirement.section(place.section)
        for target in find_targets(
            plain(original),
            original,
            section=place.section,
            start=place.start,
            end=place.end,
            is_list=is_under_header or place.section == "key_indicators" or is_indicator_list(place.text),
        ):
            key = (target.name, target.operator, target.value, target.upper, target.unit)
            if key not in seen:
                seen.add(key)
                yield target
