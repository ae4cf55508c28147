"""Keeps the search index a faithful copy of the database: outbox, drain, snapshots, rebuild, verification."""
