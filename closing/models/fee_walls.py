"""The walls around counsel's fees (Section 6(d)): they hold whoever writes, also raw SQL and an older snapshot.

What is paid or netted, less what came back, passes no cap and no bill; no more comes back than was paid; and a netting
that a closing stood on stands.
"""

import pgtrigger

from investors.models.guards import refusal

Trigger = pgtrigger.Trigger
INSERT = pgtrigger.Insert
UPDATE = pgtrigger.Update
INSERT_OR_UPDATE = pgtrigger.Insert | pgtrigger.Update

_MOVED = """
    SELECT payment.bill_id, payment.kind, payment.amount, payment.netted_from_id
        FROM closing_feepayment AS payment WHERE payment.deal_id = owner AND payment.withdrawn_at IS NULL
    UNION ALL
    SELECT back.bill_id, back.kind, -back.amount, back.netted_from_id
        FROM closing_feereversal AS back WHERE back.deal_id = owner AND back.withdrawn_at IS NULL
"""

# The no-op update takes the deal's row, so that changes of one deal's money follow each other, and makes a transaction
# of an older snapshot fail rather than count without what others paid meanwhile.
_HOLDS = """
owner := {deal};
UPDATE closing_deal SET name = name WHERE id = owner;
SELECT fees.cap, sum(moved.amount) INTO most, paid
    FROM closing_feecap AS fees
    JOIN closing_bill AS bill ON bill.counsel_id = fees.counsel_id AND bill.deal_id = owner
    JOIN ({moved}) AS moved ON moved.bill_id = bill.id AND moved.kind = ANY (fees.cap_covers)
    WHERE fees.deal_id = owner GROUP BY fees.id HAVING sum(moved.amount) > fees.cap LIMIT 1;
IF FOUND THEN {past_cap} END IF;
SELECT sum(moved.amount) INTO paid
    FROM ({moved}) AS moved
    LEFT JOIN closing_closedallotment AS closed ON closed.allotment_id = moved.netted_from_id
    GROUP BY moved.bill_id, moved.kind, CASE WHEN closed.id IS NULL THEN moved.netted_from_id END
    HAVING sum(moved.amount) < 0 LIMIT 1;
IF FOUND THEN {past_paid} END IF;
SELECT taken.amount, bills.amount INTO paid, most
    FROM (
        SELECT moved.bill_id, moved.kind, sum(moved.amount) AS amount FROM ({moved}) AS moved
        GROUP BY moved.bill_id, moved.kind
    ) AS taken
    CROSS JOIN LATERAL (SELECT
        (SELECT coalesce(sum(line.amount), 0) FROM closing_billline AS line
            JOIN closing_bill AS bill ON bill.id = line.bill_id AND bill.withdrawn_at IS NULL
            WHERE line.bill_id = taken.bill_id AND line.kind = taken.kind)
        - (SELECT coalesce(sum(line.amount), 0) FROM closing_creditnoteline AS line
            JOIN closing_creditnote AS note ON note.id = line.credit_note_id AND note.withdrawn_at IS NULL
            WHERE note.bill_id = taken.bill_id AND line.kind = taken.kind)
        - (SELECT coalesce(sum(off.amount), 0) FROM closing_writeoff AS off
            WHERE off.bill_id = taken.bill_id AND off.kind = taken.kind AND off.withdrawn_at IS NULL) AS amount
    ) AS bills
    WHERE taken.amount > bills.amount LIMIT 1;
IF FOUND THEN {past_bill} END IF;
RETURN NULL;
"""

_OF_ONE_DEAL = """
IF NEW.deal_id IS DISTINCT FROM (SELECT deal_id FROM closing_bill WHERE id = NEW.bill_id) THEN {refused} END IF;
RETURN NEW;
"""

_EFFECTED_STANDS = """
UPDATE closing_deal SET name = name WHERE id = NEW.deal_id;
IF NEW.netted_from_id IS NOT NULL
    AND EXISTS (SELECT FROM closing_closedallotment WHERE allotment_id = NEW.netted_from_id) THEN {refused} END IF;
RETURN NULL;
"""


def holds(
    name: str,
    past_cap: str = "fees of % would be paid, past the cap of %",
    *,
    operation: pgtrigger.Operation,
    deal: str = "NEW.deal_id",
) -> Trigger:
    """After a row of this table changed, what is paid still keeps to every cap and bill of the deal.

    Refuses as `name` past a cap (`past_cap` has two `%`: what is paid, and the cap), as `fees_within_bill` past what a
    bill has, and as `reversed_within_paid` where more came back than was paid.
    """
    return Trigger(
        name=name,
        when=pgtrigger.After,
        operation=operation,
        declare=[("owner", "bigint"), ("most", "numeric"), ("paid", "numeric")],
        func=_HOLDS.format(
            deal=deal,
            moved=_MOVED,
            past_cap=refusal(name, past_cap, "paid", "most"),
            past_paid=refusal("reversed_within_paid", "% more would come back than was paid there", "-paid"),
            past_bill=refusal("fees_within_bill", "% would be paid of a bill that has %", "paid", "most"),
        ),
    )


def of_one_deal(name: str) -> Trigger:
    """The bill that a row is about is of the row's own deal."""
    return Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=INSERT_OR_UPDATE,
        func=_OF_ONE_DEAL.format(refused=refusal(name, "the bill is of another deal")),
    )


def effected_stands(name: str) -> Trigger:
    """Nothing is netted from the wire of an investor who has closed, and what was netted from it stands."""
    return Trigger(
        name=name,
        when=pgtrigger.After,
        operation=INSERT_OR_UPDATE,
        func=_EFFECTED_STANDS.format(
            refused=refusal(name, "the investor has closed; what was netted from its wire stands")
        ),
    )
