"""Which of the two languages a caller reads: Chinese unless English is asked for first."""

from __future__ import annotations


def preferred(accept_language: str | None, default: str = "zh") -> str:
    """`zh` or `en` from an Accept-Language header (RFC 9110, weights respected)."""
    best, best_weight = default, 0.0
    for part in (accept_language or "").split(","):
        name, _, weight_text = part.strip().partition(";q=")
        language = name.strip().lower().split("-")[0]
        try:
            weight = float(weight_text) if weight_text else 1.0
        except ValueError:
            continue
        if language in {"zh", "en"} and weight > best_weight:
            best, best_weight = language, weight
    return best
