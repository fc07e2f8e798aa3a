"""Writes Outlook stores, for tests, samples and benchmarks: what the readers read was made here, so it is known.

The layers, each in its module, from the file up: `layout` (numbers of each form), `pages` and `space` (header, maps),
`blocks` and `nodes` (the node database), `heap` and `contexts` (properties and tables), `mapi`, `named` and `keys`
(property types, names), `items` and its likes (what a user sees), `store` (folders and the rest).
"""
