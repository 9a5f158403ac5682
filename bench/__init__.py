"""`make bench`: what a posting and a page cost on PostgreSQL, through the whole stack. The product imports none of this."""
