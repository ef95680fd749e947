"""Arranging the checklist: what an item is called, its part, place and responsible party; items added and withdrawn.

The deal's terms stay a valid deal file after every change, and nothing here says that anything is done.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from closing.actions.base import Act, ActionRefused, acting
from closing.actions.conditions import check_first_time
from closing.models import (
    Condition,
    Deal,
    Deliverable,
    Delivery,
    OfficerCertificate,
    Opinion,
    Signature,
    SignaturePage,
)
from closing.queries.closings import is_closed
from closing.queries.deals import deal_terms
from closing.rules import terms
from closing.rules.access import Verb
from closing.rules.checklist import (
    FIELD_NAMES,
    LONGEST_TITLE,
    ChecklistRefused,
    Field,
    changed,
    in_parts,
    moved,
    new_key,
    numbers,
    tidy,
    why_not_owed_by,
    why_not_withdraw,
)
from closing.rules.deal_checks import check_deal
from investors.models import User

CLOSED = "The deal has closed; its checklist is fixed. Nothing was changed."
# What names an item and outlives it: an item that one of these is about stays on the checklist.
PAPERS = (
    (Signature, "signature pages are on file"),
    (SignaturePage, "signature pages have been made"),
    (Delivery, "a delivery is on file"),
    (OfficerCertificate, "a certificate is on file"),
    (Opinion, "an opinion is on file"),
)


@dataclass(frozen=True, slots=True)
class Stale:
    """One item that somebody changed meanwhile: what the sender saw, and what it is now."""

    number: int
    title: str
    seen: str
    now: str


class StaleChange(ActionRefused):
    """Somebody changed the same meanwhile. `stale` has both values of every such item; nothing was changed."""

    def __init__(self, field: Field, stale: Sequence[Stale]) -> None:
        told = "; ".join(f"No. {each.number} was “{each.seen}” and is now “{each.now}”" for each in stale)
        super().__init__(f"Somebody changed the {FIELD_NAMES[field]} meanwhile: {told}. Nothing was changed.")
        self.stale = tuple(stale)


def change_items(row: Deal, field: Field, value: str, seen: Mapping[str, str], by: User) -> int:
    """Set a field of items: `seen` has, by key, the value that the sender saw. Gives how many changed.

    `value` is a title, a part's heading or a party reference; a number goes through `move_item`. Raises NotAllowed;
    StaleChange where an item has neither the value seen nor the new one; ActionRefused where it cannot be.
    """
    with acting(row, by, Verb.EDIT_CHECKLIST) as act:
        before = _open_terms(act)
        said = value if field is Field.OWED_BY else tidy(value)
        _check_known(before, seen)
        now = {key: str(getattr(before.deliverable_by_key[key], field.value)) for key in seen}
        _check_fresh(before, field, {key: (was, now[key], said) for key, was in seen.items()})
        keys = [key for key in seen if now[key] != said]
        if not keys:
            return 0
        _check_value(act, before, field, said, keys)
        _write(act, before, changed(before.deliverables, keys, field, said))
        _record_change(act, before, field, said, {key: now[key] for key in keys})
        return len(keys)


def move_item(row: Deal, key: str, number: int, seen: int, by: User) -> bool:
    """Give an item another number within its part. Raises as `change_items`; False where it has it already."""
    with acting(row, by, Verb.EDIT_CHECKLIST) as act:
        before = _open_terms(act)
        _check_known(before, [key])
        ordered = in_parts(before.deliverables)
        now = numbers(ordered)[key]
        _check_fresh(before, Field.NUMBER, {key: (str(seen), str(now), str(number))})
        if now == number:
            return False
        try:
            after = moved(ordered, key, number)
        except ChecklistRefused as refused:
            raise ActionRefused(str(refused)) from refused
        _write(act, before, after)
        title = before.deliverable_by_key[key].title
        data = {"field": "number", "before": now, "after": number}
        act.record("checklist-item-changed", _row(act, key), f"{title}: No. {now} is now No. {number}", data=data)
        return True


def add_item(row: Deal, item: terms.Deliverable, by: User, *, form: str = "") -> str:
    """Add an item at the end of its part; gives its key. The key of `item` is made here.

    Raises NotAllowed; SentAlready where that form came before; ActionRefused where it cannot be.
    """
    with acting(row, by, Verb.EDIT_CHECKLIST) as act:
        check_first_time(act, form)
        return add_items(act, [item], form=form)[0].key


def add_items(act: Act, items: Sequence[terms.Deliverable], *, form: str = "") -> list[Deliverable]:
    """Add items within an action under way, each with an event of its own."""
    before = _open_terms(act)
    taken = set(Deliverable.objects.filter(deal=act.deal).values_list("key", flat=True))
    new = []
    for each in items:
        key = new_key(each.title, taken)
        taken.add(key)
        new.append(replace(each, key=key, title=tidy(each.title), part=tidy(each.part)))
        if new[-1].owed_by == new[-1].owed_to:
            raise ActionRefused("owed_to: It cannot be owed by somebody to himself. Choose somebody else.")
    _write(act, before, in_parts((*before.deliverables, *new)))
    rows = {each.key: each for each in Deliverable.objects.filter(deal=act.deal, key__in=[each.key for each in new])}
    for each in new:
        data = {"key": each.key, "form": form} if form else {"key": each.key}
        act.record("checklist-item-added", rows[each.key], f"{each.title} added to {each.part}", data=data)
    return [rows[each.key] for each in new]


def withdraw_items(row: Deal, keys: Collection[str], reason: str, by: User) -> int:
    """Take items that counsel added off the checklist, with a reason; all of them or none. Gives how many.

    Raises NotAllowed; ActionRefused for an item that comes with the deal file, that meets a condition, or that papers
    or facts on file are about.
    """
    with acting(row, by, Verb.EDIT_CHECKLIST) as act:
        before = _open_terms(act)
        _check_known(before, keys)
        if not reason.strip():
            raise ActionRefused("A reason belongs on the record: say in a few words why.")
        rows = {each.key: each for each in Deliverable.objects.filter(deal=act.deal, key__in=keys)}
        for key in keys:
            _check_withdrawable(before, rows[key])
        after = tuple(each for each in before.deliverables if each.key not in set(keys))
        for each in rows.values():
            each.withdrawn_at, each.withdrawn_reason, each.withdrawn_by = act.now, reason.strip(), by
            each.save(update_fields=["withdrawn_at", "withdrawn_reason", "withdrawn_by"])
            act.record("checklist-item-withdrawn", each, f"{each.title} withdrawn from the checklist", reason=reason)
        _write(act, before, after)
        return len(rows)


def put_back_item(row: Deal, key: str, by: User) -> bool:
    """Put a withdrawn item back at the end of its part; False where it is on the checklist. Raises NotAllowed."""
    with acting(row, by, Verb.EDIT_CHECKLIST) as act:
        _open_terms(act)
        item = Deliverable.objects.filter(deal=act.deal, key=key).first()
        if item is None:
            raise ActionRefused("There is no such item on the checklist any more. Load the page again.")
        if item.withdrawn_at is None:
            return False
        reason = item.withdrawn_reason
        last = Deliverable.objects.filter(deal=act.deal).order_by("-position").values_list("position", flat=True)[0]
        item.withdrawn_at, item.withdrawn_reason, item.withdrawn_by, item.position = None, "", None, last + 1
        item.save()
        back = deal_terms(act.deal)
        _write(act, back, in_parts(back.deliverables))
        act.record("checklist-item-put-back", item, f"{item.title} put back on the checklist", data={"reason": reason})
        return True


def _open_terms(act: Act) -> terms.Deal:
    if is_closed(act.deal, act.now):
        raise ActionRefused(CLOSED)
    return deal_terms(act.deal)


def _check_known(deal: terms.Deal, keys: Collection[str]) -> None:
    if not keys:
        raise ActionRefused("Choose an item first.")
    if any(key not in deal.deliverable_by_key for key in keys):
        raise ActionRefused("An item is not on the checklist any more: somebody withdrew it. Load the page again.")


def _check_fresh(deal: terms.Deal, field: Field, values: Mapping[str, tuple[str, str, str]]) -> None:
    """`values`: by key what the sender saw, what is, what he wants."""
    place = numbers(in_parts(deal.deliverables))
    stale = [
        Stale(place[key], deal.deliverable_by_key[key].title, _said(deal, field, was), _said(deal, field, now))
        for key, (was, now, wanted) in values.items()
        if now not in (was, wanted)
    ]
    if stale:
        raise StaleChange(field, stale)


def _said(deal: terms.Deal, field: Field, value: str) -> str:
    return deal.party_name(value) if field is Field.OWED_BY else value


def _check_value(act: Act, deal: terms.Deal, field: Field, value: str, keys: Collection[str]) -> None:
    if not value:
        raise ActionRefused(f"Say what the {FIELD_NAMES[field]} is to be.")
    if len(value) > LONGEST_TITLE:
        raise ActionRefused(f"That is longer than {LONGEST_TITLE} letters. Shorten it.")
    if field is Field.TITLE:
        _check_no_page_carries(act, keys)
    if field is Field.OWED_BY:
        rows = Deliverable.objects.filter(deal=act.deal, added_at__isnull=False)
        added = set(rows.values_list("key", flat=True))
        reasons = [why_not_owed_by(deal, deal.deliverable_by_key[key], value, is_added=key in added) for key in keys]
        if any(reasons):
            raise ActionRefused(" ".join(filter(None, reasons)))


def _check_no_page_carries(act: Act, keys: Collection[str]) -> None:
    """A signed page names its document: under another title it would be a page of another paper."""
    signed = Signature.objects.filter(deal=act.deal, deliverable__key__in=keys, withdrawn_at__isnull=True).count()
    if signed:
        pages = "One signature page" if signed == 1 else f"{signed} signature pages"
        raise ActionRefused(
            f"{pages} on file name this document by its present title. To change it, take the pages back first."
        )


def _check_withdrawable(deal: terms.Deal, row: Deliverable) -> None:
    fixed = why_not_withdraw(deal, deal.deliverable_by_key[row.key], is_added=row.added_at is not None)
    if fixed:
        raise ActionRefused(fixed)
    for model, said in PAPERS:
        if model._default_manager.filter(deliverable=row).exists():
            raise ActionRefused(f"{row.title} stays on the checklist, because {said} for it.")


def _record_change(act: Act, deal: terms.Deal, field: Field, value: str, before: Mapping[str, str]) -> None:
    name, said = FIELD_NAMES[field], _said(deal, field, value)
    if len(before) == 1:
        key, was = next(iter(before.items()))
        title = deal.deliverable_by_key[key].title
        told = f"{title}: {name} “{_said(deal, field, was)}” is now “{said}”"
        data = {"field": field.value, "before": was, "after": value}
        act.record("checklist-item-changed", _row(act, key), told, data=data)
        return
    told = f"{name[:1].upper()}{name[1:]} of {len(before)} items is now “{said}”"
    act.record(
        "checklist-items-changed", None, told, data={"field": field.value, "before": dict(before), "after": value}
    )


def _row(act: Act, key: str) -> Deliverable:
    return Deliverable.objects.get(deal=act.deal, key=key)


def _write(act: Act, before: terms.Deal, after: Sequence[terms.Deliverable]) -> None:
    """Bring the rows to `after`. Raises ActionRefused where no deal file could say it."""
    told = replace(before, deliverables=tuple(after))
    known = set(check_deal(before))
    problems = [each for each in check_deal(told) if each not in known]
    if problems:
        raise ActionRefused("\n".join(f"{each.field}: {each.text}" if each.field else each.text for each in problems))
    rows = {each.key: each for each in Deliverable.objects.filter(deal=act.deal, withdrawn_at__isnull=True)}
    different, new = [], []
    for position, each in enumerate(after):
        row = rows.get(each.key)
        if row is None:
            new.append(_new_row(act, each, position))
        elif (row.title, row.part, row.owed_by, row.position) != (each.title, each.part, each.owed_by, position):
            row.title, row.part, row.owed_by, row.position = each.title, each.part, each.owed_by, position
            different.append(row)
    Deliverable.objects.bulk_update(different, ["title", "part", "owed_by", "position"])
    _link(act, Deliverable.objects.bulk_create(new), {each.key: each.serves for each in after})


def _new_row(act: Act, item: terms.Deliverable, position: int) -> Deliverable:
    return Deliverable(
        deal=act.deal,
        position=position,
        key=item.key,
        title=item.title,
        part=item.part,
        owed_by=item.owed_by,
        owed_to=item.owed_to,
        signed_by=list(item.signed_by),
        section=item.section,
        act=item.act,
        signing_order=[list(group) for group in item.signing_order],
        added_at=act.now,
    )


def _link(act: Act, rows: Sequence[Deliverable], serves: Mapping[str, Sequence[str]]) -> None:
    sections = {section for row in rows for section in serves[row.key]}
    if not sections:
        return
    found = Condition.objects.filter(deal=act.deal, section__in=sections)
    ids = {each.section: each.pk for each in found}
    links = Deliverable.serves.through
    links.objects.bulk_create(
        links(deliverable_id=row.pk, condition_id=ids[section]) for row in rows for section in serves[row.key]
    )
