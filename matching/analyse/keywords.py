"""Picks the key words of a requirement: words that are central in it and rare in texts of the genre.

Centrality is TextRank (Mihalcea and Tarau 2004) over content words; rarity an inverse document frequency over
shipped counts, blended with what the caller has counted.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from matching.analyse.types import Keyword
from matching.text import clean, normalise, stop_words, tagged_words, technical_terms


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WINDOW = 4
_DAMPING = 0.85
_ROUNDS = 12
_TITLE = 1.6
_LONGEST = 8
"""Characters of a phrase; longer runs of words are sentences rather than terms."""
_TERM_BONUS = 1.3
_WEAK_ENDS = _listed(
    "规定 代替 做到 出现 降至 升到 使用 发现 要求 导致 造成 来回 包括 具有 达到 "
    "以及 能够 不到 下来 拉开 提取到"
)
"""Verbs that begin a clause rather than end a term."""
_AFFIXES = frozenset("低高无膜泵阀钢纱羊墨")
_GENERIC = _listed(
    "要求 公司 目前 希望 影响 出现 左右 现有 成本 时间 小时 每天 每年 国内 数据 "
    "处理 使用 控制 误差 稳定 运行 能力 单位 客户 费用 材料 结构 精度 速度 效率 "
    "温度 强度 样品 样机 方案 批次 规格 厚度 次数 时间 标准 条件 人工 寿命 比例 "
    "含量"
)


@lru_cache(maxsize=1)
def background_counts() -> tuple[int, Mapping[str, int]]:
    """(number of texts, in how many of them each word occurs): `data/word_counts.txt`.

    Counted over the project's own sample texts by `scripts/count_background_words.py`.
    """
    content = resources.files("matching").joinpath("data", "word_counts.txt").read_text(encoding="utf-8")
    counts: dict[str, int] = {}
    total = 0
    for line in content.splitlines():
        if line.startswith("# texts:"):
            total = int(line.rsplit(" ", 1)[1])
        if line and not line.startswith("#"):
            word, count = line.split("\t")
            counts[word] = int(count)
    return total, counts


def rarity(word: str) -> float:
    """ln((N + 1) / (df + 1)) / ln(N + 1) over the shipped counts, in [0, 1]; 1 for an unknown word."""
    total, counts = background_counts()
    return math.log((total + 1) / (counts.get(word, 0) + 1)) / math.log(total + 1)


def text_rank(order: Sequence[str]) -> dict[str, float]:
    """Share of each word, summing to 1: words within a window of 4 recommend each other."""
    links: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for place, word in enumerate(order):
        for other in order[place + 1 : place + _WINDOW]:
            if other != word:
                links[word][other] += 1.0
                links[other][word] += 1.0
    if not links:
        return dict.fromkeys(order, 1.0 / max(len(set(order)), 1))
    out = {word: sum(near.values()) for word, near in links.items()}
    rank = dict.fromkeys(links, 1.0 / len(links))
    for _ in range(_ROUNDS):
        rank = {
            word: (1.0 - _DAMPING) / len(links)
            + _DAMPING * sum(rank[other] * weight / out[other] for other, weight in near.items())
            for word, near in links.items()
        }
    return rank


def find_keywords(
    title: str, parts: Sequence[str], *, limit: int = 6, known: Collection[str] = ()
) -> tuple[Keyword, ...]:
    """At most `limit` words and phrases, strongest first, weights relative to the strongest.

    `known`: words the caller holds to be terms (new words it has discovered); they are preferred as they are.
    """
    title = normalise(title)
    text = f"{title}。{clean(chr(10).join(part for part in parts if part))}"
    spans = _candidates(text)
    if not spans:
        return ()
    rank = text_rank([one.word for one in spans])
    frequency = Counter(one.word for one in spans)
    worth = {
        word: (rank.get(word, 0.0) * len(rank) + 1.0 + math.log(count)) * rarity(word)
        for word, count in frequency.items()
    }
    scores: dict[str, float] = {}
    for phrase, members, start in _phrases(spans):
        if phrase in _GENERIC or not _is_apt(members):
            continue
        value = sum(worth[one.word] for one in members) / len(members) ** 0.75
        value *= _length_factor(phrase)
        value *= _TITLE if start < len(title) else 1.0
        if phrase in technical_terms() or phrase in known:
            value *= _TERM_BONUS
        repeats = text.count(phrase)
        scores[phrase] = max(scores.get(phrase, 0.0), value * (1.0 + 0.5 * math.log(repeats)))
    strongest = max(scores.values(), default=1.0)
    for word in known:
        if word in text:
            scores[word] = max(scores.get(word, 0.0), strongest * 0.8)
    return _chosen(scores, limit)


@dataclass(frozen=True, slots=True)
class _Word:
    word: str
    tag: str
    start: int
    end: int


def _candidates(text: str) -> list[_Word]:
    """Words that may be part of a term: nouns, names, Latin terms, verbs and adjectives, no stop words."""
    found = []
    place = 0
    for word, tag in tagged_words(text):
        end = place + len(word)
        is_latin = word.isascii()
        if is_latin:
            # A Latin term has a capital (PEEK, Mg); units such as mm and kg have none or two letters.
            is_wanted = len(word) > 2 and word[0].isalpha() and any(one.isupper() for one in word)
        else:
            is_wanted = tag[:1] in "nvjlba" and word not in stop_words()
            is_wanted = is_wanted and (len(word) > 1 or tag in ("a", "b", "n", "vn") or word in _AFFIXES)
        if is_wanted:
            found.append(_Word(word, tag, place, end))
        place = end
    return found


def _is_apt(members: Sequence[_Word]) -> bool:
    """A term ends in a noun or in a noun-like verb behind a noun (疵点检测) and does not begin with a bare verb."""
    last, first = members[-1], members[0]
    if len(members) == 1:
        return len(first.word) > 1 and (_is_noun(first) or first.word in technical_terms())
    if not any(_is_noun(one) and len(one.word) > 1 for one in members):
        return False
    if any(one.tag == "v" and one.word not in technical_terms() for one in members[:-1]):
        return False
    return len(last.word) > 1 and (_is_noun(last) or last.tag == "v") and last.word not in _WEAK_ENDS


def _is_noun(one: _Word) -> bool:
    return one.tag[:1] in "nj" or one.tag in ("vn", "eng", "l")


def _length_factor(phrase: str) -> float:
    if phrase.isascii():
        return 1.0
    return {1: 0.0, 2: 0.8, 3: 1.1, 4: 1.3, 5: 1.3, 6: 1.1, 7: 0.8}.get(len(phrase), 0.5)


def _phrases(spans: Sequence[_Word]) -> list[tuple[str, list[_Word], int]]:
    """Single words and runs of two or three that touch each other: (phrase, words, start)."""
    found = []
    for place, first in enumerate(spans):
        phrase, members = first.word, [first]
        found.append((phrase, list(members), first.start))
        for following in spans[place + 1 : place + 3]:
            if following.start != members[-1].end or len(phrase) + len(following.word) > _LONGEST:
                break
            phrase, members = phrase + following.word, [*members, following]
            found.append((phrase, list(members), first.start))
    return found


def _chosen(scores: Mapping[str, float], limit: int) -> tuple[Keyword, ...]:
    """Best first; neither a part nor a whole of one that is chosen already, nor half the same characters."""
    chosen: list[tuple[str, float]] = []
    for phrase, score in sorted(scores.items(), key=lambda one: (-one[1], one[0])):
        if any(_overlap(phrase, other) for other, _ in chosen):
            continue
        chosen.append((phrase, score))
        if len(chosen) == limit:
            break
    strongest = chosen[0][1] if chosen else 1.0
    return tuple(Keyword(phrase, round(max(score / strongest, 1e-4), 4)) for phrase, score in chosen)


def _overlap(one: str, other: str) -> bool:
    if one in other or other in one:
        return True
    shared = len(set(one) & set(other))
    return shared > 0.6 * min(len(set(one)), len(set(other)))
