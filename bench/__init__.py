"""`make bench`: what a posting and a page cost on PostgreSQL, through the whole stack. Nothing of the product imports this."""
