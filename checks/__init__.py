"""Promises of the design, checked on the flights of the demo; one command each."""
