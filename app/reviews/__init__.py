"""Review and refinement (审核与挖掘凝练): who reviews what, conflicts of interest, scorecards, refined statements."""
