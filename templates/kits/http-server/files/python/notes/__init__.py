"""A notes API on nothing but Python's standard library."""
