"""Reads Outlook stores (.pst, .ost) directly, as [MS-PST] describes them: no C library, no trust in any byte.

The layers, each in its module, from the file up: `source` and `form` (bytes, and the numbers of each form), `header`,
`pages` and `trees` (the node and block B-trees), `crypto` and `blocks` (data), `node` (data with sub-nodes), `heap`,
`values`, `property_context` and `table_context` (properties and tables), `named`, `items`, `tags` and `batch` (many
items at once), `facts` and `store`.

A store of which nothing can be read is `UnreadableError`; a part of one is `DamageError`, and costs that part.
"""

from pipeline.extract.pst.direct.damage import DamageError
from pipeline.extract.pst.direct.facts import Facts, Folder
from pipeline.extract.pst.direct.items import Attachment, Item
from pipeline.extract.pst.direct.named import NamedProperties
from pipeline.extract.pst.direct.property_context import Properties
from pipeline.extract.pst.direct.store import Store
from pipeline.extract.pst.direct.table_context import Row

__all__ = ["Attachment", "DamageError", "Facts", "Folder", "Item", "NamedProperties", "Properties", "Row", "Store"]
