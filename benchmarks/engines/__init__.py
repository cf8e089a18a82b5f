"""The same two jobs on every engine that can be had, and their bytes compared."""
