"""A bank's statement taken in: read, kept, and its lines compared with those that came before."""

import re
from dataclasses import replace

from closing.actions.base import ActionRefused, acting
from closing.actions.stored_files import store
from closing.models import BankLine, BankStatement, Deal
from closing.papers.bank_csv import read_csv
from closing.papers.camt053 import read_camt053
from closing.papers.statements import Statement, StatementLine, StatementRefused
from closing.queries.bank import FOLDER
from closing.queries.deals import roles_in
from closing.queries.money import money
from closing.rules.access import Verb, check_may
from closing.rules.bank_repeats import Seen, repeated
from closing.rules.terms import Side
from closing.rules.words import number
from investors.models import User


def import_statement(deal: Deal, by: User, filename: str, content: bytes) -> tuple[BankStatement, tuple[str, ...]]:
    """Take in a statement as CSV or camt.053, and keep the file; with what of it was left out, in sentences.

    The same file again is the statement that there is. A line that came before, in another file, is marked so. Raises
    NotAllowed, and ActionRefused, a line for each reason, for a file that cannot be read.
    """
    check_may(roles_in(by, deal), Verb.IMPORT_STATEMENT)
    said = read_statement(content)
    kept = store(content, FOLDER)
    with acting(deal, by, Verb.IMPORT_STATEMENT) as act:
        known = BankStatement.objects.filter(deal=act.deal, sha256=kept.sha256).first()
        if known is not None:
            return known, ("This file was taken in before; nothing was done twice.",)
        statement = BankStatement.objects.create(
            deal=act.deal,
            filename=" ".join(filename.replace("\x00", "").split())[-255:] or "statement",
            sha256=kept.sha256,
            size=kept.size,
            form=said.kind,
            account=said.account,
            at=act.now,
            by=by,
        )
        again = _write_lines(statement, said)
        told = f"Bank statement taken in: {number(len(said.lines))} lines"
        told += f", of which {number(again)} came before" if again else ""
        act.record("statement-imported", statement, told, only_for=Side.ISSUER)
        return statement, said.left_out


def read_statement(content: bytes) -> Statement:
    """The statement in a file, whichever of the two forms it has. Raises ActionRefused."""
    is_xml = re.match(rb"\s*<", content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe").lstrip(b"\x00")) is not None
    try:
        return read_camt053(content) if is_xml else read_csv(content)
    except StatementRefused as refused:
        raise ActionRefused(str(refused)) from refused


def _write_lines(statement: BankStatement, said: Statement) -> int:
    """The lines as rows; how many came before."""
    currency = statement.deal.currency
    lines = [replace(each, currency=each.currency or currency) for each in said.lines]
    before = BankLine.objects.filter(statement__deal=statement.deal, repeats=None).exclude(statement=statement)
    same = repeated([_seen(at, each) for at, each in enumerate(lines)], [_seen_row(each) for each in before])
    BankLine.objects.bulk_create(
        BankLine(
            statement=statement,
            position=at,
            row=each.row,
            booked_on=each.booked_on,
            amount=each.amount,
            currency=each.currency,
            is_credit=each.is_credit,
            is_reversal=each.is_reversal,
            party=each.party,
            reference=each.reference,
            bank_reference=each.bank_reference,
            repeats_id=same.get(at),
        )
        for at, each in enumerate(lines)
    )
    return len(same)


def _seen(key: int, line: StatementLine) -> Seen:
    return Seen(
        key=key,
        booked_on=line.booked_on,
        amount=line.amount,
        currency=line.currency,
        is_credit=line.is_credit,
        party=line.party,
        reference=line.reference,
        bank_reference=line.bank_reference,
    )


def _seen_row(row: BankLine) -> Seen:
    return Seen(
        key=row.pk,
        booked_on=row.booked_on,
        amount=money(row.amount),
        currency=row.currency,
        is_credit=row.is_credit,
        party=row.party,
        reference=row.reference,
        bank_reference=row.bank_reference,
    )
