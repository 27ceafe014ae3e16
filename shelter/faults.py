"""What the work itself may answer besides success: a rule said no, it is not yours, there is no such thing."""


class RuleBroken(Exception):
    """A rule of the house said no: ``code`` names the rule, ``field`` its field, ``facts`` what a sentence may name.

    The sentence is made where it is shown (``ui/messages.py``), in the language spoken then.
    """

    def __init__(self, code: str, field: str = "", /, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.facts = facts


class NotAllowed(Exception):
    """The right for this is missing; ``permission`` names it."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class NotFound(Exception):
    """There is no such row, or not for this person: which of the two is never said."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
