"""The indexes: vectors, words and attributes of one collection, and their snapshot on disk."""
