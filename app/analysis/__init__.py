"""Requirement understanding: what a form says, as rows that people can correct and other concepts can ask for."""
