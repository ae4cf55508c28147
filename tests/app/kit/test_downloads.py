"""Files for download carry their Chinese names and are neither shown nor guessed at."""

from __future__ import annotations

from urllib.parse import unquote

from app.kit.downloads import XLSX, documented, file_answer


def test_a_download_keeps_its_chinese_name_and_gives_old_clients_a_plain_one() -> None:
    answer = file_answer(b"content", "赛题 清单.xlsx", XLSX)
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="file.xlsx"; ')
    assert unquote(disposition.split("UTF-8''")[1]) == "赛题 清单.xlsx"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert (answer.body, answer.media_type) == (b"content", XLSX)


def test_a_name_cannot_break_out_of_its_header() -> None:
    disposition = file_answer(b"", 'a"\r\nX: 1.pdf', XLSX).headers["content-disposition"]
    assert "\r" not in disposition and "\n" not in disposition
    assert disposition.count('"') == 2


def test_further_headers_come_on_top() -> None:
    answer = file_answer(b"", "a.pdf", "application/pdf", headers={"Cache-Control": "no-store"})
    assert answer.headers["cache-control"] == "no-store"
    assert "content-disposition" in answer.headers


def test_the_documentation_names_every_type() -> None:
    assert set(documented("a/b", XLSX)[200]["content"]) == {"a/b", XLSX}
