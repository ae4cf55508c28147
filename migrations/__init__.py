"""Alembic migrations; `jiebang migrate` runs them to head."""
