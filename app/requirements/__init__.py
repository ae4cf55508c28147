"""Technical requirements: filing, review, publication and every move of their lifecycle. The model for all concepts."""
