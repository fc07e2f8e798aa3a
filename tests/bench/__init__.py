"""Measures the whole extract of an Outlook store against other readers, on stores of known content: `make bench-pst`.

All in one run on one machine, the tools taking turns, so that only ratios count. `stores` makes what is read, `tools`
says how each reader is called, `measure` runs a command and watches it, `figures` compares.
"""
