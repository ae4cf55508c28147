"""Registrations (注册): people of solving units ask for an account, and staff let them in."""
