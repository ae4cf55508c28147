"""Tests of the engine: small matrices, no database, no download."""
