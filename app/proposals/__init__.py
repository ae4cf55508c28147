"""Proposals (解决方案): handed in by teams until the closing instant, scored by reviewers, answered with reasons."""
