"""All that a process needs which reads stores, imported once by the process of which they are copies."""

import codecs

import numpy.ma  # noqa: F401 - Arrow asks for it with the first array that has a mask, each copy anew

from pipeline.extract import store_parts, work  # noqa: F401 - as said above

for _name in ("utf-16-le", "cp932", "cp1252"):  # each is a module of its own
    codecs.lookup(_name)
