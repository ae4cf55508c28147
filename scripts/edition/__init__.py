"""An edition of the competition, played from the call for problems to paid contracts: see `simulate_edition.py`."""
