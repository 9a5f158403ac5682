"""One module for each CI: its environment variables in, a Place out; None where it is not that CI."""
