"""Matching meetings (对接会) and on-stage finals (现场赛): planned, timetabled, told, held, and what came of them."""
