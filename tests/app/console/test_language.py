"""Every word of the pages has its English, with the same places for figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

import app.console
from app import models
from app.console.agreement_frame import MOVES as AGREEMENT_MOVES
from app.console.language import english
from app.console.moves import MOVES
from app.exchange.templates import TITLES
from app.kit.columns import Labelled
from app.models.notification import Event
from app.responses.coverage import Figure

FOLDER = Path(app.console.__file__).parent
NOT_SHOWN = {"Event", "DeliveryStatus", "JudgmentSource", "RankerStatus"}
"""Labels that pages do not show: messages have an English of their own."""

PLACE = re.compile(r"%\(\w+\)s")


def written() -> set[str]:
    methods = [("**.html", "jinja2"), ("**.py", "python")]
    found = extract_from_dir(str(FOLDER), methods, keywords={"_": None, "gettext": None})
    return {str(message) for _file, _line, message, _comments, _context in found}


def kinds(root: type[Labelled] = Labelled) -> Iterator[type[Labelled]]:
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


def labels() -> set[str]:
    assert models.Requirement and Figure and Event
    return {
        member.label
        for kind in kinds()
        if kind.__name__ not in NOT_SHOWN and kind.__module__.startswith("app.")
        for member in kind
    }


def test_every_sentence_of_the_pages_has_its_english() -> None:
    sentences = written()
    assert len(sentences) > 200
    assert sorted(sentences - set(english())) == []


def test_every_label_that_pages_show_has_its_english() -> None:
    shown = labels() | {move.label for move in (*MOVES, *AGREEMENT_MOVES)} | set(TITLES.values())
    assert sorted(shown - set(english())) == []


def test_the_english_has_the_same_places_for_figures_and_no_chinese() -> None:
    for chinese, words in english().items():
        assert sorted(PLACE.findall(chinese)) == sorted(PLACE.findall(words)), chinese
        # Examples and separators are shown as they are typed.
        without_examples = re.sub(r"e\.g\. \S+|、", "", words)
        assert not re.search("[一-鿿]", without_examples), words
