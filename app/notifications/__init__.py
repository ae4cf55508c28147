"""Notifications: noted in the transaction of the event, delivered afterwards to inbox, e-mail and
webhooks."""
