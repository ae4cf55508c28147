"""The embedding model adapted to this bureau's own requirements: training, comparing, going back."""
