"""Why an operation on people and rights is refused."""


class Refused(Exception):
    """An operation that the rules forbid; the message tells the person why, as a sentence."""


class Taken(Refused):
    """A slug or an address that is in use already; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
