"""Why an achievement was ranked: the phrases that meet, with their places, and one readable sentence.

Lexical strength is the share of the lexical score that rests on a phrase, semantic strength the centred
cosine of a requirement's sentence to the achievement: both are parts of the very score they explain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.features import WeightedTerms
from matching.index.lexical import Floats
from matching.spoken import Verdict as TargetVerdict
from matching.terms import extract
from matching.text import normalise_with_offsets, stop_words, words
from matching.types import Document, Evidence, Grade, Span, TextField

_LONGEST = 24
_LEAST_LIKENESS = 0.2
_QUOTE = 24
_FIELDS: tuple[TextField, ...] = ("title", "description")


@dataclass(frozen=True, slots=True)
class PlainText:
    """A field in normal form with the original place of every character."""

    field: TextField
    original: str
    plain: str
    offsets: list[int]

    @classmethod
    def of(cls, document: Document, *, length: int) -> list[PlainText]:
        texts = []
        for name in _FIELDS:
            original = getattr(document, name)
            texts.append(cls(name, original, *normalise_with_offsets(original[:length])))
        return texts

    def span(self, start: int, end: int) -> Span:
        begin = self.offsets[start]
        # The end of the last character, not the start of the next: "℃" becomes two characters of one origin.
        finish = self.offsets[end - 1] + 1
        return Span(self.field, begin, finish, self.original[begin:finish])


def _runs(plain: str) -> list[tuple[int, int]]:
    """Stretches of letters and digits: a phrase never crosses punctuation or blanks."""
    runs = []
    start = None
    for place, character in enumerate([*plain, " "]):
        if character.isalnum():
            start = place if start is None else start
        elif start is not None:
            runs.append((start, place))
            start = None
    return runs


def _is_token_edge(plain: str, place: int) -> bool:
    """Whether a phrase may begin or end here: never inside a Latin word or a number."""
    if place <= 0 or place >= len(plain):
        return True
    before, after = plain[place - 1], plain[place]
    return not (before.isascii() and before.isalnum() and after.isascii() and after.isalnum())


def _without_stop_words(plain: str, start: int, end: int) -> tuple[int, int] | None:
    """The phrase without stop words and single characters at its edges; None when nothing remains."""
    pieces = []
    place = start
    for word in words(plain[start:end]):
        pieces.append((word, place, place + len(word)))
        place += len(word)

    def is_empty(word: str) -> bool:
        return word in stop_words() or (len(word) == 1 and not word.isascii())

    while pieces and is_empty(pieces[0][0]):
        pieces.pop(0)
    while pieces and is_empty(pieces[-1][0]):
        pieces.pop()
    return (pieces[0][1], pieces[-1][2]) if pieces else None


def common_phrases(
    requirement: Sequence[PlainText], achievement: Sequence[PlainText]
) -> list[tuple[Span, Span]]:
    """Phrases that both texts hold, longest first from left to right in the achievement, each phrase once."""
    found: dict[str, tuple[Span, Span]] = {}
    for text in achievement:
        for run_start, run_end in _runs(text.plain):
            place = run_start
            while place < run_end - 1:
                end = _longest_common(text.plain, place, run_end, requirement)
                if end is None:
                    place += 1
                    continue
                kept = _without_stop_words(text.plain, place, end)
                if kept is not None and kept[1] - kept[0] > 1:
                    phrase = text.plain[kept[0] : kept[1]]
                    theirs = _locate(phrase, requirement)
                    if theirs is not None and phrase not in found:
                        found[phrase] = (theirs, text.span(*kept))
                place = end
    return list(found.values())


def _longest_common(plain: str, start: int, limit: int, requirement: Sequence[PlainText]) -> int | None:
    if not _is_token_edge(plain, start):
        return None
    best = None
    for end in range(start + 2, min(limit, start + _LONGEST) + 1):
        phrase = plain[start:end]
        if not any(phrase in text.plain for text in requirement):
            break
        if _is_token_edge(plain, end) and any(_place(phrase, text.plain) is not None for text in requirement):
            best = end
    return best


def _locate(phrase: str, texts: Sequence[PlainText]) -> Span | None:
    for text in texts:
        place = _place(phrase, text.plain)
        if place is not None:
            return text.span(place, place + len(phrase))
    return None


def _place(phrase: str, plain: str) -> int | None:
    """Where a phrase stands without tearing a Latin word or a number; None when it does not."""
    place = plain.find(phrase)
    while place >= 0:
        if _is_token_edge(plain, place) and _is_token_edge(plain, place + len(phrase)):
            return place
        place = plain.find(phrase, place + 1)
    return None


def phrase_shares(phrases: Sequence[str], query: WeightedTerms, achievement_text: str) -> Floats:
    """(n,) float32 in [0, 1]: which share of the weight of all terms that meet rests on each phrase."""
    held = extract([achievement_text]).terms
    table = extract(list(phrases))

    def weight(terms: np.ndarray[tuple[int], np.dtype[np.uint32]]) -> float:
        if not len(query.terms):
            return 0.0
        at = np.minimum(np.searchsorted(query.terms, terms), len(query.terms) - 1)
        return float(query.total[at[query.terms[at] == terms]].sum())

    whole = max(weight(held), 1e-9)
    shares = [weight(table.of(row)[0]) / whole for row in range(len(phrases))]
    return np.minimum(np.array(shares, dtype=np.float32), np.float32(1.0))


def evidence(
    requirement: Document,
    achievement: Document,
    *,
    query: WeightedTerms,
    closest: Span,
    likeness: float,
    length: int,
    limit: int,
) -> tuple[Evidence, ...]:
    """At most `limit` pairs, strongest first.

    `closest` is the requirement's sentence nearest to the achievement and `likeness` their centred
    cosine; `length` is how much of each field is looked at.
    """
    pairs = common_phrases(PlainText.of(requirement, length=length), PlainText.of(achievement, length=length))
    found: list[Evidence] = []
    if pairs:
        text = f"{achievement.title}\n{achievement.description}"
        shares = phrase_shares([own.text for _, own in pairs], query, text)
        found = [
            Evidence(theirs, own, "lexical", round(float(share), 4))
            for (theirs, own), share in zip(pairs, shares, strict=True)
            if share > 0
        ]
    if likeness >= _LEAST_LIKENESS and closest.text and achievement.title:
        whole = Span("title", 0, len(achievement.title), achievement.title)
        found.append(Evidence(closest, whole, "semantic", round(min(likeness, 1.0), 4)))
    found.sort(key=lambda one: -one.strength)
    return tuple(found[:limit])


def sentence(found: Sequence[Evidence], grade: Grade) -> str:
    """One Chinese sentence from the evidence: what meets, how close it is, how likely it is to be of use."""
    return tell(
        [one.achievement.text for one in found if one.kind == "lexical"],
        next((one.requirement.text for one in found if one.kind == "semantic"), ""),
        chance=grade.p3,
        letter=grade.letter,
    )


def tell(
    phrases: Sequence[str],
    meaning: str,
    *,
    chance: float,
    letter: str,
    targets: Sequence[TargetVerdict] = (),
    language: str = "zh",
) -> str:
    """The sentence in Chinese or English (`en`), quotes as they stand.

    `phrases` meet by their words, `meaning` is the requirement's sentence that is near in sense ("" for none),
    `chance` is P(grade >= 3), `targets` are the verdicts on what the requirement states.
    """
    quoted = [f"“{_quoted(phrase)}”" for phrase in phrases[:3]]
    spoken = sum(verdict != "silent" for verdict in targets)
    met = sum(verdict == "met" for verdict in targets)
    if language == "en":
        return _in_english(
            quoted, meaning, chance=chance, letter=letter, stated=len(targets), spoken=spoken, met=met
        )
    parts = []
    if quoted:
        parts.append(f"与需求在{'、'.join(quoted)}上直接对应")
    if meaning:
        parts.append(f"在语义上接近需求中的“{_quoted(meaning)}”")
    if not parts:
        parts.append("与需求没有直接对应的用语，仅整体方向相近")
    told = f"该成果{'，并'.join(parts)}"
    if targets:
        told += f"；需求所列 {len(targets)} 项指标中提及 {spoken} 项"
        told += f"，其中 {met} 项有数据表明达到" if met else ""
    return f"{told}；评审认为可用的概率约为 {chance:.0%}（{letter} 级）。"


def _in_english(
    quoted: Sequence[str], meaning: str, *, chance: float, letter: str, stated: int, spoken: int, met: int
) -> str:
    parts = []
    if quoted:
        parts.append(f"meets the requirement in {', '.join(quoted)}")
    if meaning:
        parts.append(f"is close in meaning to its “{_quoted(meaning)}”")
    if not parts:
        parts.append("shares no wording with the requirement and is only close in its direction as a whole")
    told = f"The achievement {' and '.join(parts)}"
    if stated:
        told += f"; of the {stated} stated targets it speaks to {spoken}"
        told += f", and its figures reach {met}" if met else ""
    return (
        f"{told}. A reviewer would find it useful with a probability of about {chance:.0%} (grade {letter})."
    )


def _quoted(text: str) -> str:
    plain = " ".join(text.split()).strip("。！？；!?; ")
    return plain if len(plain) <= _QUOTE else plain[: _QUOTE - 1] + "…"
