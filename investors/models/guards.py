"""Triggers that both buildings use: rows that are never changed, and tables that are never emptied.

They raise SQLSTATE 23514 with the trigger's name as the constraint, so that Django raises
`IntegrityError` as it does for any other constraint.
"""

import pgtrigger


def refusal(name: str, message: str, *values: str) -> str:
    """The PL/pgSQL statement that refuses: `message` has a `%` for each of `values`."""
    arguments = "".join(f", {value}" for value in values)
    quoted = message.replace("'", "''")
    return f"RAISE EXCEPTION '{quoted}'{arguments} USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';"


def never_emptied(what: str) -> pgtrigger.Trigger:
    """TRUNCATE passes row triggers by, so it gets its own."""
    name = "never_emptied"
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func=refusal(name, f"{what} are never deleted") + " RETURN NULL;",
    )


def never_deleted(what: str) -> pgtrigger.Trigger:
    """No row of the table is ever deleted."""
    name = "never_deleted"
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func=refusal(name, f"{what} are never deleted"),
    )


def append_only(what: str) -> list[pgtrigger.Trigger]:
    """Rows are written once: no update, no delete, no truncate."""
    name = "never_changed"
    unchanged = pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=refusal(name, f"{what} are never changed; a correction is a new row"),
    )
    return [unchanged, never_deleted(what), never_emptied(what)]


def changed_in_part(what: str, *free: str) -> list[pgtrigger.Trigger]:
    """Of a row only the columns `free` are ever changed, which say how far it is; it is never deleted."""
    name = "never_changed"
    columns = ", ".join(f"'{column}'" for column in free)
    kept = pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=(
            f"IF (to_jsonb(NEW) - ARRAY[{columns}]) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY[{columns}]) THEN "
            + refusal(name, f"{what} are never changed; a correction is a new row")
            + " END IF; RETURN NEW;"
        ),
    )
    return [kept, never_deleted(what), never_emptied(what)]
