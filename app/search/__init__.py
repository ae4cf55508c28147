"""Free-text search over requirements, achievements and solvers, of what the caller may see."""
