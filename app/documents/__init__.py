"""Plain data to files: a document of blocks becomes PDF and Word, sheets become a workbook."""
