"""The answer ledger (反馈台账): obligations open and close here, and every answer to a seeker is recorded here."""
