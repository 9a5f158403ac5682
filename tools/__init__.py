"""What starts MLScore and its servers on one machine. Nothing of the product imports this."""
