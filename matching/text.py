"""Cleans text and cuts it: one normal form, sentences and words, each with its place in the original.

What the pieces are worth for ranking is left to `terms`, `features` and `explain`.
"""

from __future__ import annotations

import hashlib
import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

import rjieba
from opencc import OpenCC

from matching.types import Document

_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\s*\n\s*")
_SENTENCE = re.compile(r"[^。！？；!?;\n]+[。！？；!?;]*")
_WORDLIKE = re.compile(r"[0-9A-Za-z\u3400-\u9fff\uf900-\ufaff]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_EMPTY_VALUES = frozenset({"nan", "none", "null", "n/a", "无", "暂无", "/", "-"})
_simplify = threading.local()


def _to_simplified(text: str) -> str:
    # The converter keeps buffers of its own, so each thread has one.
    converter = getattr(_simplify, "converter", None)
    if converter is None:
        converter = _simplify.converter = OpenCC("t2s")
    return str(converter.convert(_LONE_SURROGATES.sub("\ufffd", text)))


def normalise(text: str) -> str:
    """NFKC, traditional to simplified, blanks collapsed, line breaks single; "nan", "无" and the like
    become "".
    """
    if not text:
        return ""
    plain = _to_simplified(unicodedata.normalize("NFKC", text))
    plain = _BREAKS.sub("\n", _BLANKS.sub(" ", plain.replace("\x00", ""))).strip()
    return "" if plain.lower() in _EMPTY_VALUES else plain


def normalise_with_offsets(text: str) -> tuple[str, list[int]]:
    """The text character by character in normal form (blanks kept, lower case), and where each came from.

    Returns (plain, offsets): plain[i] stems from text[offsets[i]]; len(offsets) == len(plain) + 1, the
    last being len(text).
    """
    pieces: list[str] = []
    offsets: list[int] = []
    for position, character in enumerate(text):
        piece = character if character < "\x80" else unicodedata.normalize("NFKC", character)
        pieces.append(piece)
        offsets.extend([position] * len(piece))
    joined = "".join(pieces)
    simplified = _to_simplified(joined)
    if len(simplified) != len(joined):
        simplified = joined
    lowered = simplified.lower()
    offsets.append(len(text))
    return (lowered if len(lowered) == len(simplified) else simplified), offsets


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence that holds a letter or digit, closing punctuation included, blanks
    trimmed.
    """
    spans = []
    for found in _SENTENCE.finditer(text):
        piece = found.group()
        start = found.start() + len(piece) - len(piece.lstrip())
        end = found.end() - (len(piece) - len(piece.rstrip()))
        if end > start and _WORDLIKE.search(piece):
            spans.append((start, end))
    return spans


def unique_sentences(text: str) -> list[tuple[str, int, int]]:
    """Sentences of `text` in normal form without closing punctuation, each once, with their original
    (start, end).

    Forms are often filled by pasting the same paragraph twice; a repeated sentence counts once, at its
    first place.
    """
    seen: set[str] = set()
    kept = []
    for start, end in sentence_spans(text):
        plain = normalise(text[start:end]).strip("。！？；!?; \n")
        if plain and plain not in seen:
            seen.add(plain)
            kept.append((plain, start, end))
    return kept


def clean(text: str) -> str:
    """The unique sentences of `text` in normal form, joined by "。"."""
    return "。".join(sentence for sentence, _, _ in unique_sentences(text))


def passage(document: Document, *, length: int = 400) -> str:
    """What is embedded for a document and what its words are taken from: title and clean description.

    At most `length` characters; the title alone when there is no description.
    """
    title = normalise(document.title)
    description = clean(document.description)
    return (f"{title}。{description}" if description else title)[:length]


def text_hash(document: Document) -> str:
    """sha256 (hex) over title and description as they stand; it tells whether a document's text has
    changed.
    """
    return hashlib.sha256(
        f"{document.title}\x00{document.description}".encode("utf-8", "surrogatepass")
    ).hexdigest()


# --- words ------------------------------------------------------------------------------------------------


def _lines(name: str) -> Iterator[str]:
    content = resources.files("matching").joinpath("data", name).read_text(encoding="utf-8")
    for line in content.splitlines():
        if line and not line.startswith("#"):
            yield from line.split()


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Function words and the empty words of the genre (研发, 产业化, 关键技术 …), in normal form."""
    return frozenset(_lines("stopwords.txt"))


@lru_cache(maxsize=1)
def technical_terms() -> tuple[str, ...]:
    """The shipped technical user dictionary, in file order."""
    return tuple(_lines("terms.txt"))


@lru_cache(maxsize=1)
def _segmenter() -> rjieba.Jieba:
    segmenter = rjieba.Jieba()
    for term in technical_terms():
        # A frequency far above that of the parts keeps the term whole.
        segmenter.add_word(term, 200_000, "n")
    return segmenter


def words(text: str) -> list[str]:
    """Words of a normalised text in order, punctuation and blanks included."""
    return list(_segmenter().cut(text))


def tagged_words(text: str) -> list[tuple[str, str]]:
    """(word, part of speech) of a normalised text in order; the tags are jieba's (n noun, v verb, a adjective …)."""
    return list(_segmenter().tag(text))


def content_words(text: str) -> list[tuple[str, int, int]]:
    """Words with a meaning of their own as (word, start, end): no punctuation, single characters or
    stop words.
    """
    stops = stop_words()
    found = []
    position = 0
    for word in words(text):
        end = position + len(word)
        if len(word) > 1 and word not in stops and _WORDLIKE.search(word):
            found.append((word, position, end))
        position = end
    return found
