"""Draws the README's picture from real output: some requirements of the demonstration's match round.

Usage, after `make demo` and on the same database: python scripts/draw_demo.py demo.html, then
chromium --headless --hide-scrollbars --window-size=1200,915 --screenshot=docs/images/demo.png demo.html
(with a font that has Chinese characters of exactly two cells, such as Noto Sans Mono CJK).
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.context import open_context
from app.demo.table import coverage_table, round_table
from app.kit.clock import now
from app.models.matching import MatchRound, RoundStatus
from app.responses.coverage import measure

WIDTH = 150
_PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>{stylesheet}
body {{ margin: 0; padding: 18px; background: #292929; color: #c5c8c6; width: max-content }}
pre {{ margin: 0; font: 15px/1.25 "Noto Sans Mono CJK SC", "Sarasa Mono SC", monospace }}
</style><pre>{code}</pre>"""
SHOWN = ("TH2026-001", "TH2026-011", "TH2026-029", "TH2026-036", "TH2026-046", "TH2026-065")
"""One per industry, and one that nobody among the teams can solve."""


def main(target: Path) -> None:
    console = Console(record=True, width=WIDTH, file=sys.stderr)
    with open_context() as context, context.db.read() as session:
        found = session.scalars(
            select(MatchRound)
            .where(MatchRound.status == RoundStatus.PUBLISHED)
            .order_by(MatchRound.id.desc())
        ).first()
        if found is None:
            raise SystemExit("run `make demo` first")
        console.print("$ make demo", style="bold")
        coverage = measure(session, actor=SYSTEM, at=now(), challenge_id=found.challenge_id)
        for table in (round_table(session, found.id, only=SHOWN), coverage_table(coverage)):
            # Fonts with Chinese characters often draw the lines of a box two cells wide.
            table.box, table.show_edge = box.ASCII, False
            console.print(table)
    target.parent.mkdir(parents=True, exist_ok=True)
    console.save_html(str(target), theme=SVG_EXPORT_THEME, code_format=_PAGE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
