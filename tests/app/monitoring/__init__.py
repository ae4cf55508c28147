"""Monitoring reports of districts and the city."""
