"""How good the service's rankings are, measured on labelled data through its own doors."""
