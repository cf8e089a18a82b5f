"""Numbers of the catalogue that concern what does not exist yet, and what they need.

A feature that adds it moves its number to a table of faults or results: a number is
in one place, as `test_catalogue.py` checks. Nothing here hides a test that fails.
"""

NEEDS = {
    "S9": "references by name (a column contains its inputs: there is no cycle)",
    "S19": "columns of a declared shape",
    "D34": "features of variable size (no record comes near the limit)",
}
