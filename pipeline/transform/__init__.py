"""extracted/ → ready/: map, keys, dedup, link and validate, in one stage that is offline and pure."""

from pipeline.transform.run import run

__all__ = ["run"]
