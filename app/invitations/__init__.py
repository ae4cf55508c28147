"""Invitations (邀约): teams are asked to work on a requirement, reply by a deadline, or make way for an alternate."""
