"""The issuer's classes of shares and its stock ledger, as the admin keeps them.

Nothing written is changed: a wrong entry is mended by another. The database has the last word on what is authorized
and on what a holder has; `_refused` puts its refusals into words.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Sum

from closing.actions.administration import administering
from closing.actions.base import ActionRefused
from closing.rules.access import Verb
from closing.rules.words import number, on_day
from investors.actions.ledger import register_holders
from investors.models import Certificate, Investor, Issuer, LedgerEntry, ShareClass, User

Kind = LedgerEntry.Kind


def add_share_class(
    admin: User | None,
    issuer: Issuer,
    *,
    name: str,
    kind: str,
    authorized: int | None = None,
    votes_per_share: int = 1,
    price: Decimal | None = None,
) -> ShareClass:
    """A new class or series. `price` is the original issue price of a share. Raises ActionRefused for a name taken."""
    name = " ".join(name.split())
    with administering(admin, Verb.EDIT_CAP_TABLE) as act:
        if ShareClass.objects.filter(issuer=issuer, name__iexact=name).exists():
            raise ActionRefused(f"{issuer} has a class called {name} already.")
        row = ShareClass.objects.create(
            issuer=issuer, name=name, kind=kind, authorized=authorized, votes_per_share=votes_per_share, price=price
        )
        most = "no number authorized on file" if authorized is None else f"{number(authorized)} authorized"
        act.record("share-class-added", row, f"{name} of {issuer}, {most}")
    return row


def set_authorized(admin: User | None, share_class: ShareClass, authorized: int | None) -> None:
    """Change how many shares are authorized. Raises ActionRefused below what is outstanding."""
    with administering(admin, Verb.EDIT_CAP_TABLE) as act, _refused(share_class):
        row = ShareClass.objects.select_for_update().get(pk=share_class.pk)
        before, row.authorized = row.authorized, authorized
        if before == authorized:
            return
        row.save(update_fields=["authorized"])
        act.record("authorized-changed", row, f"{row}: authorized {_most(authorized)}, before {_most(before)}")


def issue_shares(
    admin: User | None,
    share_class: ShareClass,
    *,
    holder: str,
    shares: int,
    on: date,
    certificate: str = "",
    note: str = "",
    seen: int | None = None,
) -> LedgerEntry:
    """Issue shares to a holder, under a certificate where a number is given.

    `seen` is how many entries the issuer's ledger had when the form was made. Raises ActionRefused where more would be
    outstanding than are authorized, the number is taken, or the ledger changed since.
    """
    certificate = certificate.strip()
    with administering(admin, Verb.EDIT_CAP_TABLE) as act, _refused(share_class, certificate):
        locked = _locked([share_class], seen)[0]
        investor = _holder(locked.issuer, holder)
        paper = None
        if certificate:
            paper = Certificate.objects.create(
                share_class=locked,
                number=certificate,
                investor=investor,
                registered_name=investor.name,
                shares=shares,
                issued_on=on,
            )
        entry = LedgerEntry(share_class=locked, investor=investor, certificate=paper, kind=Kind.ISSUED)
        _write([entry], [shares], on, note)
        act.record("shares-issued", entry, f"{number(shares)} {locked} issued to {investor} on {on_day(on)}")
    return entry


def cancel_shares(
    admin: User | None,
    share_class: ShareClass,
    *,
    holder: str,
    shares: int,
    on: date,
    note: str = "",
    seen: int | None = None,
) -> LedgerEntry:
    """Cancel shares of a holder. Raises ActionRefused where it has fewer."""
    with administering(admin, Verb.EDIT_CAP_TABLE) as act, _refused(share_class):
        locked = _locked([share_class], seen)[0]
        investor = _known(locked.issuer, holder)
        _check_has(locked, investor, shares)
        entry = LedgerEntry(share_class=locked, investor=investor, kind=Kind.CANCELLED)
        _write([entry], [-shares], on, note)
        act.record("shares-cancelled", entry, f"{number(shares)} {locked} of {investor} cancelled on {on_day(on)}")
    return entry


def transfer_shares(
    admin: User | None,
    share_class: ShareClass,
    *,
    holder: str,
    to: str,
    shares: int,
    on: date,
    note: str = "",
    seen: int | None = None,
) -> tuple[LedgerEntry, LedgerEntry]:
    """Move shares from one holder to another, as two entries. Raises ActionRefused where the first has fewer."""
    with administering(admin, Verb.EDIT_CAP_TABLE) as act, _refused(share_class):
        locked = _locked([share_class], seen)[0]
        giver, taker = _known(locked.issuer, holder), _holder(locked.issuer, to)
        if giver == taker:
            raise ActionRefused(f"{giver} cannot transfer shares to itself. Name another holder.")
        _check_has(locked, giver, shares)
        out = LedgerEntry(share_class=locked, investor=giver, kind=Kind.TRANSFERRED)
        into = LedgerEntry(share_class=locked, investor=taker, kind=Kind.TRANSFERRED)
        _write([out, into], [-shares, shares], on, note)
        summary = f"{number(shares)} {locked} transferred from {giver} to {taker} on {on_day(on)}"
        act.record("shares-transferred", out, summary)
    return out, into


def convert_shares(
    admin: User | None,
    share_class: ShareClass,
    *,
    holder: str,
    shares: int,
    into_class: ShareClass,
    into_shares: int,
    on: date,
    note: str = "",
    seen: int | None = None,
) -> tuple[LedgerEntry, LedgerEntry]:
    """Convert a holder's shares of one class into shares of another of the same issuer, as two entries."""
    with administering(admin, Verb.EDIT_CAP_TABLE) as act, _refused(into_class):
        if share_class.pk == into_class.pk or share_class.issuer_id != into_class.issuer_id:
            raise ActionRefused("Convert into another class of the same issuer.")
        old, new = _locked([share_class, into_class], seen)
        investor = _known(old.issuer, holder)
        _check_has(old, investor, shares)
        out = LedgerEntry(share_class=old, investor=investor, kind=Kind.CONVERTED)
        into = LedgerEntry(share_class=new, investor=investor, kind=Kind.CONVERTED)
        _write([out, into], [-shares, into_shares], on, note)
        summary = f"{number(shares)} {old} of {investor} converted into {number(into_shares)} {new} on {on_day(on)}"
        act.record("shares-converted", out, summary)
    return out, into


def _locked(classes: Sequence[ShareClass], seen: int | None) -> list[ShareClass]:
    """The classes as they are now; every class of their issuer is locked, in one order.

    The issuer's ledger must have `seen` entries, if that is given.
    """
    issuer = classes[0].issuer
    rows = ShareClass.objects.select_for_update(of=("self",), no_key=True).select_related("issuer")
    found = {row.pk: row for row in rows.filter(issuer=issuer).order_by("pk")}
    if seen is not None and LedgerEntry.objects.filter(share_class__issuer=issuer).count() != seen:
        raise ActionRefused(
            f"The ledger of {issuer} changed since you opened this form, perhaps by your own second click. "
            "Look at its last entries, and record this one again if it is still missing."
        )
    return [found[each.pk] for each in classes]


def _write(entries: list[LedgerEntry], shares: list[int], on: date, note: str) -> None:
    """One statement, so that the database counts the entries of one movement together."""
    for entry, count in zip(entries, shares, strict=True):
        entry.shares, entry.on, entry.note = count, on, note
    LedgerEntry.objects.bulk_create(entries)


def _holder(issuer: Issuer, name: str) -> Investor:
    name = " ".join(name.split())
    if not name:
        raise ActionRefused("Name the holder.")
    return register_holders(issuer, [name])[name]


def _known(issuer: Issuer, name: str) -> Investor:
    found = Investor.objects.filter(issuer=issuer, name=" ".join(name.split())).first()
    if found is None:
        raise ActionRefused(f"{name} holds no shares of {issuer}.")
    return found


def _check_has(share_class: ShareClass, investor: Investor, shares: int) -> None:
    held = _held(share_class, investor)
    if held < shares:
        raise ActionRefused(f"{investor} has {number(held)} {share_class}, fewer than {number(shares)}.")


def _held(share_class: ShareClass, investor: Investor | None = None) -> int:
    rows = LedgerEntry.objects.filter(share_class=share_class)
    if investor is not None:
        rows = rows.filter(investor=investor)
    return int(rows.aggregate(held=Sum("shares"))["held"] or 0)


def _most(authorized: int | None) -> str:
    return "not stated" if authorized is None else number(authorized)


@contextmanager
def _refused(share_class: ShareClass, certificate: str = "") -> Iterator[None]:
    """What the database refuses of this class, in words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ActionRefused(_in_words(error, share_class, certificate)) from error


def _in_words(error: IntegrityError, share_class: ShareClass, certificate: str) -> str:
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", "") or ""
    fresh = ShareClass.objects.get(pk=share_class.pk)
    outstanding = number(_held(fresh))
    if name == "certificate_number_once":
        return f"A certificate {certificate} of {fresh} exists already. Take the next number."
    if name == "authorized_covers_issued":
        return f"{outstanding} shares of {fresh} are outstanding, so fewer cannot be authorized."
    if name == "within_authorized" and fresh.authorized is not None:
        return (
            f"That would be more {fresh} than are authorized: {number(fresh.authorized)} authorized, "
            f"{outstanding} outstanding. Record fewer, or raise the number authorized first."
        )
    return f"The database refuses it: {getattr(diagnosis, 'message_primary', error)}."
