"""Achievements (科技成果): results, patents, papers and projects of the solver teams."""
