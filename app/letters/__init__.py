"""Letters (信件): e-mails that carry a link to be used once, also to people who have no account."""
