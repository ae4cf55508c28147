"""Candidates for problems: live rankings, match rounds and their publication to the seekers."""
