"""Agreements (合作协议): from the draft over signature, payments and reports to the end, and what they add up to."""
