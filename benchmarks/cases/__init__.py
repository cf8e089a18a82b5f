"""The measured work, one file for each suite and peer.

Each function sets one case up and returns its Work; it runs in a process of its own.
Modules import what they measure inside of functions: a process loads one peer only.
"""
