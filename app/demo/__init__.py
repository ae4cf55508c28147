"""The sample challenge: loads it the way an organizer would, matches it, and shows the result."""
