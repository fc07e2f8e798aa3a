"""The tests of the product, as its specification."""
