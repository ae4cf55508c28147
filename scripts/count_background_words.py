"""Counts in how many of the project's own sample texts each word occurs; writes `matching/data/word_counts.txt`.

Run it after the sample or the word cutter's dictionary has changed.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from matching.text import clean, content_words

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "scripts" / "sample"
TARGET = ROOT / "matching" / "data" / "word_counts.txt"
LEAST = 2
"""A word of a single text is as rare as an unknown one."""


def main() -> None:
    """Writes the table."""
    texts = []
    for name in ("requirements.jsonl", "achievements.jsonl"):
        for line in (SAMPLE / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            parts = (
                row.get(key, "")
                for key in ("title", "description", "problem", "key_indicators", "goal", "summary")
            )
            texts.append(clean("\n".join(part for part in parts if part)))
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({word for word, _, _ in content_words(text) if not word[0].isdigit()})
    rows = sorted((word, count) for word, count in counts.items() if count >= LEAST)
    rows.sort(key=lambda row: -row[1])
    head = (
        "# In how many of the project's sample texts a word occurs. Made by scripts/count_background_words.py.\n"
        f"# texts: {len(texts)}\n"
    )
    TARGET.write_text(head + "".join(f"{word}\t{count}\n" for word, count in rows), encoding="utf-8")
    print(f"{len(rows)} words of {len(texts)} texts")


if __name__ == "__main__":
    main()
