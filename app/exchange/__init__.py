"""Spreadsheets in and out: foreign files read safely, rows judged and stored, lists handed back."""
