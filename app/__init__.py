"""The Jiebang service: rules, data and HTTP around the pure engine in `matching/`."""

__version__ = "0.1.0"
