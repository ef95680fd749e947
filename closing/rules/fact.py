"""What every fact on file has, whatever it is about."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact has: when it came on file, and when and why it was taken back."""

    at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = ""
    note: str = ""

    def stands(self, moment: datetime) -> bool:
        """Whether the fact is on file at `moment` and not taken back by then."""
        return self.at <= moment and (self.withdrawn_at is None or self.withdrawn_at > moment)
