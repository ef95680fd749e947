"""The gate of a deal in the database: its terms and facts read back, and the rule asked.

Terms, facts and gate are kept in memory for as long as the database holds the same version of them, so that a page of
a large deal does not read a thousand investors to find that nothing changed. What is kept decides nothing: each request
asks the database for the version first.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from closing.models import Deal
from closing.queries.deals import deal_terms
from closing.queries.facts import facts_of
from closing.queries.versions import Version, version_of
from closing.rules import terms
from closing.rules.facts import Facts
from closing.rules.gate import Gate, evaluate
from investors.clock import now

KEPT_DEALS = 16
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """What was read of a version, and the gate from the last moment of its facts on."""

    version: Version
    terms: terms.Deal
    facts: Facts
    gate: Gate

    def at(self, moment: datetime) -> Gate:
        """The gate at any moment."""
        if moment < self.gate.moment:
            return evaluate(self.terms, self.facts, moment)
        # In words once for whoever asks after this one.
        _ = self.gate.lines, self.gate.ready, self.gate.left_out, self.gate.opened_at
        return self.gate.at(moment)


_kept: OrderedDict[int, Kept] = OrderedDict()
_lock = Lock()


def gate_of(deal: Deal, moment: datetime | None = None) -> Gate:
    """The gate of `deal` at `moment`, or now. The number of queries does not grow with investors or facts."""
    return _read(deal).at(moment or now())


def forget() -> None:
    """Keep nothing: the next gate is read whole. For measurements."""
    with _lock:
        _kept.clear()


def _read(deal: Deal) -> Kept:
    """What the database holds now, read anew where it is not what is kept.

    Read again where somebody wrote meanwhile, so that no answer mixes two versions.
    """
    version = version_of(deal)
    with _lock:
        found = _kept.get(deal.pk)
    if found is not None and found.version == version:
        return found
    attempts = ATTEMPTS
    while True:
        attempts -= 1
        of, on_file = deal_terms(Deal.objects.select_related("issuer").get(pk=deal.pk)), facts_of(deal)
        settled = on_file.settled_at
        read = Kept(version, of, on_file, evaluate(of, on_file, settled or now()))
        before, version = version, version_of(deal)
        if before == version:
            _keep(deal.pk, read)
            return read
        if not attempts:
            return read


def _keep(deal: int, read: Kept) -> None:
    with _lock:
        _kept[deal] = read
        _kept.move_to_end(deal)
        while len(_kept) > KEPT_DEALS:
            _kept.popitem(last=False)
