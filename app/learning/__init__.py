"""Learning from feedback: judgments of proposed pairs, and versions of the ranking trained on them."""
