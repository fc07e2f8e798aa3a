"""Why a record of the CRM is as it is: from which file, folder, item and columns, through which rules and requests."""

from pipeline.load.why.answer import Why, ask
from pipeline.load.why.text import lines

__all__ = ["Why", "ask", "lines"]
