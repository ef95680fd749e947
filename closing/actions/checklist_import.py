"""Taking in a firm's own checklist: read and kept for its sender to look at, then taken in once.

Nothing becomes met by it: it adds items, and its comments may become notes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from closing.actions.base import ActionRefused, NotAllowed, acting
from closing.actions.checklist import CLOSED, add_items
from closing.models import ChecklistImport, Deal, Deliverable, Note
from closing.papers.tables import TableRefused, decoded, excel_tables, text_table, word_tables
from closing.pdf.uploads import DEFAULT_LIMITS, UploadRefused, check_upload
from closing.queries.closings import is_closed
from closing.queries.deals import deal_terms
from closing.rules import terms
from closing.rules.access import Verb
from closing.rules.checklist import owed_to_of
from closing.rules.checklist_import import Outcome, Plan, PlannedRow, plan
from closing.rules.notes import Audience
from closing.rules.terms import Side
from investors.clock import now
from investors.models import User

NOT_A_LIST = "Choose a Word (.docx), Excel (.xlsx), CSV or text file, or paste the rows."
OLD = "This kind of file is not taken. Save it as .docx or .xlsx first, without macros, and choose that copy."
OLD_ENDINGS = ("doc", "xls", "docm", "xlsm", "xlsb")
LEAVE, CREATE, SAME = "leave", "create", "same:"


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What an import did."""

    created: int
    matched: int
    notes: int


class TakenInAlready(ActionRefused):
    """The import was confirmed before; nothing was done twice."""


def open_import(row: Deal, source: str, rows: Sequence[Sequence[str]], by: User) -> ChecklistImport:
    """Keep a table that was read until its sender says what is to become of it. Raises NotAllowed, ActionRefused."""
    with acting(row, by, Verb.EDIT_CHECKLIST) as act:
        if is_closed(act.deal, act.now):
            raise ActionRefused(CLOSED)
        kept = [[cell.replace("\x00", "") for cell in each] for each in rows]
        return ChecklistImport.objects.create(deal=act.deal, by=by, at=act.now, source=source[:255], rows=kept)


def read_file(name: str, content: bytes) -> list[list[str]]:
    """The table of a firm's file. Raises ActionRefused, in plain words, for what is none or may not be opened."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    try:
        if ending in ("csv", "txt", "tsv"):
            if not content or len(content) > DEFAULT_LIMITS.max_bytes:
                check_upload("list.txt", content)
            return text_table(decoded(content))
        if ending not in ("docx", "xlsx"):
            raise ActionRefused(OLD if ending in OLD_ENDINGS else NOT_A_LIST)
        checked = check_upload(name, content)
        return word_tables(content) if checked.kind == "docx" else excel_tables(content)
    except (UploadRefused, TableRefused) as refused:
        raise ActionRefused(str(refused)) from refused


def read_text(text: str) -> list[list[str]]:
    """The table in pasted text. Raises ActionRefused where there is none."""
    try:
        return text_table(text)
    except TableRefused as refused:
        told = str(refused) if text.strip() else "There is nothing to read. Paste the rows of the checklist."
        raise ActionRefused(told) from refused


def confirm_import(
    row: ChecklistImport, choices: Mapping[int, str], audience: str, default_party: str, by: User
) -> TakenIn:
    """Take a list in: `choices` has, by row, `create`, `leave` or `same:` and a key; a row without one goes as planned.

    `audience` is "shared" or "own" for comments that become notes, else blank; `default_party` owes what the list
    gives to nobody that the deal knows. Raises NotAllowed; TakenInAlready; ActionRefused where an item cannot be.
    """
    with acting(row.deal, by, Verb.EDIT_CHECKLIST) as act:
        fresh = ChecklistImport.objects.select_for_update().get(pk=row.pk, by=by)
        if fresh.confirmed_at is not None:
            raise TakenInAlready("This list was taken in before; the second time changed nothing.")
        deal = deal_terms(act.deal)
        chosen = [_chosen(each, choices.get(each.line, ""), deal) for each in plan(fresh.rows, deal).rows]
        new = [each for each in chosen if each.outcome is Outcome.CREATE]
        made = add_items(act, [_item(each, default_party, deal) for each in new]) if new else []
        keys = {each.line: made[at].key for at, each in enumerate(new)}
        keys.update({each.line: each.key for each in chosen if each.outcome is Outcome.MATCH})
        said = [(keys[each.line], each.comment) for each in chosen if each.comment and each.line in keys]
        notes = _write_notes(act.deal, said, audience, act.side, by) if audience else 0
        fresh.confirmed_at = act.now
        fresh.save(update_fields=["confirmed_at"])
        done = TakenIn(len(new), len(keys) - len(new), notes)
        # The file's name and the count of private notes are the sender's own affair.
        act.record(
            "checklist-imported",
            fresh,
            f"A firm's own checklist taken in, items added: {done.created}, on the list already: {done.matched}",
        )
        if notes:
            told = f"Comments of the list kept as notes: {notes}"
            act.record("notes-imported", fresh, told, only_for=_reads(audience, act.side).only_for)
        return done


def planned(row: ChecklistImport) -> Plan:
    """What taking the list in would do now."""
    return plan(row.rows, deal_terms(row.deal))


def _chosen(row: PlannedRow, choice: str, deal: terms.Deal) -> PlannedRow:
    """The row as its sender decided. A row that names no item, and a heading, can only be left."""
    if row.outcome is Outcome.PART or not row.title or not choice:
        return row
    if choice == LEAVE:
        return replace(row, outcome=Outcome.IGNORE)
    if choice == CREATE:
        return replace(row, outcome=Outcome.CREATE)
    key = choice.removeprefix(SAME)
    if key not in deal.deliverable_by_key:
        raise ActionRefused(f"Row {row.line}: that item is not on the checklist any more. Look through the rows again.")
    return replace(row, outcome=Outcome.MATCH, key=key)


def _item(row: PlannedRow, default_party: str, deal: terms.Deal) -> terms.Deliverable:
    owed_by = row.owed_by or default_party
    return terms.Deliverable(
        key="",
        title=row.title,
        part=row.part,
        owed_by=owed_by,
        owed_to=owed_to_of(deal, owed_by),
        serves=row.serves,
        signed_by=row.signed_by,
        section=row.section,
    )


def _write_notes(deal: Deal, said: Sequence[tuple[str, str]], audience: str, side: Side | None, by: User) -> int:
    """The comments as notes, for both counsel or the sender's side alone; what is noted already is not repeated."""
    if side is None:
        raise NotAllowed("Only the two counsel write notes.")
    reads = _reads(audience, side)
    ids = dict(Deliverable.objects.filter(deal=deal, key__in=[key for key, _ in said]).values_list("key", "id"))
    own = Note.objects.visible_to(by).filter(deal=deal, audience=reads.value, withdrawn_at__isnull=True)
    known = set(own.values_list("deliverable_id", "text"))
    new = {(ids[key], text.strip()): None for key, text in said if (ids[key], text.strip()) not in known}
    rows = [
        Note(deal=deal, deliverable_id=item, audience=reads.value, side=side.value, text=text, by=by, at=now())
        for item, text in new
    ]
    Note.objects.bulk_create(rows)
    return len(rows)


def _reads(audience: str, side: Side | None) -> Audience:
    return Audience.SHARED if audience == "shared" or side is None else Audience.of(side)
