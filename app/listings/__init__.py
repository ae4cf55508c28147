"""The list of problems of a challenge (赛题清单): which requirements take part, under which numbers."""
