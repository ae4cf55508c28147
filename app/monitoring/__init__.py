"""Monitoring (动态监测): targets, monthly and quarterly reports of districts and the city, editions, readers."""
