"""Claims (认领): units take over imported profiles and achievements once staff have approved it."""
