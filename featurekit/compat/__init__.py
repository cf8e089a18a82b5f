"""Declarations of other libraries, as features of a FeatureSpec."""
