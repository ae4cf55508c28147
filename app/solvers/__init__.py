"""Solver teams (解决方): their profiles, and who keeps them."""
