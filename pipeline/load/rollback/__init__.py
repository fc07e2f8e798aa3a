"""Takes back what a run did: deletes what it created, restores what it overwrote, keeps and lists the rest."""

from pipeline.load.rollback.listing import listing
from pipeline.load.rollback.stage import run
from pipeline.load.rollback.tables import Undone

__all__ = ["Undone", "listing", "run"]
