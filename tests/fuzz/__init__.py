"""Damages Outlook stores at random, for ever if need be, and holds the reader to its law (`laws`).

A number, the seed of a case, decides everything: which store (`sources`), what is done to it (`damage`). So a violation
is replayed by its seed. `runner` runs cases in processes of their own, where a crash, a hang or a hunger for memory
costs no more than the case; `make fuzz` runs it for hours, the test suite for a few hundred cases.
"""
