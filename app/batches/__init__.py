"""One act on many requirements at once, held for some minutes in which it can be undone."""
