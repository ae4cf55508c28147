"""Expressions of interest (揭榜意向): a team offers to work on a published requirement and gets an answer."""
