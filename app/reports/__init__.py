"""Reports (报告): what an organizer takes away from a challenge, made of its data by jobs."""
