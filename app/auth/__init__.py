"""Who is asking and what they may do: actors, the permission table, tokens and keys."""
