"""Steps in their order, each on its date: Section 2(a)(iii) of the reference agreement."""

from datetime import date

from closing.rules.evidence import InOrder
from closing.rules.facts import StepTaken
from closing.rules.findings import Case, Finding, Missing
from closing.rules.terms import Condition
from closing.rules.words import on_day


def find(condition: Condition, evidence: InOrder, case: Case) -> Finding:
    """Every step taken, none before the one it follows, and none after the closing day."""
    taken = [each for each in case.facts.steps if each.section == condition.section]
    lapsed = case.lapsed(StepTaken, lambda fact: (fact.section, fact.step))
    earliest: date | None = None
    before = ""
    common: list[Missing] = []
    for step in evidence.steps:
        days = sorted(each.on for each in taken if each.step == step.key and each.on <= case.closing_day)
        in_order = [day for day in days if earliest is None or day >= earliest]
        if common:
            lack = f"Does not count without: {before}" if days else f"Cannot be done before: {before}"
            needs = (condition.section,)
            common.append(Missing(step.key, lack, step.owed_by, step.heading, case.opened_at, needs))
        elif in_order:
            earliest = in_order[0]
        else:
            lack = f"Done on {on_day(days[0])}, before: {before}" if days else "Not done"
            since = lapsed.of((condition.section, step.key))
            common.append(Missing(step.key, lack, step.owed_by, step.heading, since))
        before = step.heading
    headings = {step.key: step.heading for step in evidence.steps}
    looked = tuple(
        f"{headings.get(each.step, each.step)}: {on_day(each.on)}" for each in sorted(taken, key=lambda each: each.on)
    )
    return Finding(tuple(common), looked_at=looked)
