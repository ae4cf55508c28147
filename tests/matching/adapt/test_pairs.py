"""What the model learns from."""

from __future__ import annotations

import numpy as np

from matching.adapt.pairs import Source, batches, sources
from matching.types import Document


def test_a_title_stands_beside_its_first_sentences_of_fitting_length() -> None:
    description = (
        "短句。目前采用单点供风，窑内供风不均匀。"
        + "很" * 81
        + "。需要大型窑炉的供风系统！"
        + "。".join(f"第{row}句公司的历史和荣誉" for row in range(9))
    )
    (found,) = sources([Document("r", "窯爐供風", description)])
    assert found.title == "窑炉供风"
    assert found.sentences[:2] == ("目前采用单点供风,窑内供风不均匀", "需要大型窑炉的供风系统")
    assert len(found.sentences) == 4


def test_a_requirement_without_a_sentence_of_its_own_is_left_out_and_equal_titles_count_once() -> None:
    text = "窑内供风总是不均匀，影响质量。"
    documents = [
        Document("a", "窑炉供风", text),
        Document("b", "窑炉供风", text),
        Document("c", "只有标题"),
        Document("d", "窑内供风总是不均匀,影响质量", text + "短。"),
    ]
    assert [one.title for one in sources(documents)] == ["窑炉供风"]
    assert sources(documents) == sources(documents[::-1])


def test_a_sentence_under_several_titles_is_left_out() -> None:
    common = "我公司是国家级高新技术企业。"
    found = sources(
        [Document("a", "窑炉供风", common + "窑内供风总是不均匀。"), Document("b", "面料起毛", common)]
    )
    assert found == [Source("窑炉供风", ("窑内供风总是不均匀",))]


def test_every_source_comes_once_before_one_comes_again() -> None:
    given = [Source(f"题{row}", (f"句{row}",)) for row in range(10)]
    drawn = list(batches(given, size=4, steps=4, random=np.random.default_rng(0)))
    assert [len(batch) for batch in drawn] == [4, 4, 4, 4]
    titles = [title for batch in drawn[:2] for title, _ in batch]
    assert len(set(titles)) == 8
    for batch in drawn:
        assert len({title for title, _ in batch}) == len(batch)
        assert all(title[1:] == sentence[1:] for title, sentence in batch)
