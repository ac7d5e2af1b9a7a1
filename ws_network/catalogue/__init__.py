"""The vendor's page as data: records, revisions, and what changed between two of them."""
