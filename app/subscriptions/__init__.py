"""Subscriptions (需求订阅): saved searches of solvers that tell of each newly published requirement once."""
