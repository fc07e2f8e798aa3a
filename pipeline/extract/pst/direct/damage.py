"""What can be wrong with a part of a store. What is wrong with the whole of it is `content.UnreadableError`."""


class DamageError(Exception):
    """A part of the store cannot be read: it costs what lies on it, the rest goes on.

    `rule` is a short stable name (`block_checksum`), `reason` a sentence that names offsets and node numbers only,
    never text of the file, so that both may be logged.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(rule, reason)
        self.rule = rule
        self.reason = reason
