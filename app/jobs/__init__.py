"""Long work called by name: its row is written with the caller's transaction, its steps survive any crash."""
