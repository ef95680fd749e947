"""Who reads a note: both counsel, or the counsel of one side."""

from enum import StrEnum

from closing.rules.terms import Side


class Audience(StrEnum):
    """Who reads a note. An audience of one side has that side's value."""

    SHARED = "shared"
    ISSUER_SIDE = Side.ISSUER.value
    INVESTORS_SIDE = Side.INVESTORS.value

    @classmethod
    def of(cls, side: Side) -> "Audience":
        """The audience of that side alone."""
        return cls(side.value)

    @property
    def only_for(self) -> Side | None:
        """The side that alone reads it; None where both do."""
        return None if self is Audience.SHARED else Side(self.value)
