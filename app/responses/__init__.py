"""The answers a seeker got, and the coverage figures that prove the promise of 100% feedback."""
