"""Adapts the embedding model to a bureau's own requirements, without any grades.

What a requirement's title says, one sentence of its description says again in other words: such pairs are all
that is learned from. Files here load torch when they run; the package itself imports nothing.
"""
