"""Draws the reliability diagram of `docs/quality.md` from what `jiebang evaluate --folds 5 --json` wrote.

Usage: python scripts/draw_reliability.py figures.json docs/images/reliability.svg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

SIDE, MARGIN, MOST = 360, 48, 0.5
"""Size of the square in pixels, room for the axes, and the largest probability shown."""


def main() -> None:
    figures = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    groups = (figures["cross_validated"] or figures)["reliability"]
    Path(sys.argv[2]).write_text(diagram(groups), encoding="utf-8")


def diagram(groups: list[dict[str, float]]) -> str:
    """Stated against observed shares; a point on the line is a probability that holds."""
    whole = SIDE + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{whole}" '
        f'viewBox="0 0 {whole} {whole}" font-family="sans-serif" font-size="12">',
        f'<rect width="{whole}" height="{whole}" fill="#fff"/>',
        f'<path d="M{across(0)} {up(0)} L{across(MOST)} {up(MOST)}" stroke="#999" stroke-dasharray="4 4"/>',
        f'<path d="M{across(0)} {up(MOST)} V{up(0)} H{across(MOST)}" fill="none" stroke="#333"/>',
    ]
    for step in range(6):
        value = step * MOST / 5
        parts.append(f'<text x="{across(value)}" y="{up(0) + 18}" text-anchor="middle">{value:.1f}</text>')
        parts.append(f'<text x="{across(0) - 8}" y="{up(value) + 4}" text-anchor="end">{value:.1f}</text>')
    for group in groups:
        at = f'cx="{across(group["stated"]):.1f}" cy="{up(group["observed"]):.1f}"'
        label = f"stated {group['stated']:.3f}, observed {group['observed']:.3f}, {group['pairs']} pairs"
        parts.append(f'<circle {at} r="5" fill="#1f6feb"><title>{label}</title></circle>')
    middle = MARGIN + SIDE / 2
    parts.append(f'<text x="{middle}" y="{whole - 8}" text-anchor="middle">stated P(grade ≥ 3)</text>')
    parts.append(
        f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">observed share</text>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def across(value: float) -> float:
    return MARGIN + value / MOST * SIDE


def up(value: float) -> float:
    return MARGIN + (1 - value / MOST) * SIDE


if __name__ == "__main__":
    main()
