"""Challenges (赛事): editions and themed events, and which requirements take part in them."""
