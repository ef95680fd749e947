"""Which version of a document the parties sign, and which signed pages still count for it.

A signature page is bound to the SHA-256 of the execution version that it was signed for. A later version makes it
stale: the signatory agreed to another text. It counts again only on the signatory's authority to carry it over.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from closing.rules.facts import CarryOver, ExecutionVersion, Facts, Signature

LATER_VERSION = "Signed for an earlier version"


def versions_by_document(facts: Facts) -> Mapping[str, Sequence[ExecutionVersion]]:
    """The execution versions of each document that has any, the one in force last."""
    found: dict[str, list[ExecutionVersion]] = defaultdict(list)
    for each in facts.execution_versions:
        found[each.document].append(each)
    # Of two of one moment the later row is the later version: sorting keeps their order.
    return {document: sorted(versions, key=lambda each: each.at) for document, versions in found.items()}


def in_force(facts: Facts, document: str) -> ExecutionVersion | None:
    """The execution version of a document, of facts as they stand; None where it has none."""
    versions = versions_by_document(facts).get(document)
    return versions[-1] if versions else None


def signed_for(signature: Signature, versions: Sequence[ExecutionVersion]) -> str:
    """The SHA-256 of the version that a page was signed for; blank where there was none by then.

    `versions` are all of the document, also those taken back since: what was signed does not change with them.
    """
    if signature.version:
        return signature.version
    earlier = [each for each in versions if each.stands(signature.at)]
    return earlier[-1].version if earlier else ""


def split_stale(facts: Facts, on_file: Facts, moment: datetime) -> tuple[Facts, tuple[Signature, ...]]:
    """`facts` as they stand at `moment` without the stale pages, and those: each as ended when it became stale.

    `on_file` are all facts, also those taken back. A released page is never stale: it binds, and its document is
    executed.
    """
    if not facts.execution_versions:
        return facts, ()
    versions = versions_by_document(facts)
    ever = versions_by_document(on_file)
    carried: dict[str, list[CarryOver]] = defaultdict(list)
    for each in facts.carry_overs:
        carried[each.document].append(each)
    current: list[Signature] = []
    stale: list[Signature] = []
    for page in facts.signatures:
        of = versions.get(page.document, ())
        if not of or _is_released(page, moment) or _counts(page, of, carried[page.document], ever[page.document]):
            current.append(page)
        else:
            stale.append(replace(page, withdrawn_at=max(of[-1].at, page.at), withdrawn_reason=LATER_VERSION))
    return replace(facts, signatures=tuple(current)), tuple(stale)


def _is_released(page: Signature, moment: datetime) -> bool:
    return page.released_at is not None and page.released_at <= moment


def _counts(
    page: Signature,
    versions: Sequence[ExecutionVersion],
    carried: Sequence[CarryOver],
    ever: Sequence[ExecutionVersion],
) -> bool:
    """Whether a page in escrow counts for the version in force, the last of `versions`; `ever` has those taken back."""
    if signed_for(page, ever) == versions[-1].version:
        return True
    return any(
        each.version == versions[-1].version and each.at >= page.at and (not each.blocks or page.block in each.blocks)
        for each in carried
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What a change of the execution version does to the signed pages: those that go stale, those that count again."""

    stale: tuple[Signature, ...] = ()
    again: tuple[Signature, ...] = ()


def if_frozen(on_file: Facts, version: ExecutionVersion) -> Change:
    """What happens when `version` comes into force at its moment: said before it is done."""
    after = replace(on_file, execution_versions=(*on_file.execution_versions, version))
    return _change(on_file, after, version.document, version.at)


def if_taken_back(on_file: Facts, version: ExecutionVersion, moment: datetime) -> Change:
    """What happens when an execution version on file is taken back at `moment`."""
    taken_back = replace(version, withdrawn_at=moment)
    versions = tuple(taken_back if each == version else each for each in on_file.execution_versions)
    return _change(on_file, replace(on_file, execution_versions=versions), version.document, moment)


def _change(before: Facts, after: Facts, document: str, moment: datetime) -> Change:
    counted, counts = (_counting(each, document, moment) for each in (before, after))
    pages = [each for each in before.on(moment).signatures if each.document == document]
    return Change(
        stale=tuple(each for each in pages if each in counted and each not in counts),
        again=tuple(each for each in pages if each in counts and each not in counted),
    )


def _counting(on_file: Facts, document: str, moment: datetime) -> set[Signature]:
    standing, _ = split_stale(on_file.on(moment), on_file, moment)
    return {each for each in standing.signatures if each.document == document}


class Stage(StrEnum):
    """How far a version of a document is."""

    DRAFT = "draft"
    COMMENTS = "in comments"
    EXECUTION = "execution version"
    SUPERSEDED = "superseded execution version"
    EXECUTED = "executed"


def stages(
    versions: Sequence[tuple[int, str, Stage]], frozen: Sequence[ExecutionVersion], executed: Collection[str]
) -> Mapping[int, Stage]:
    """The stage of each version of a document, by its number.

    `versions` are numbers with their SHA-256 and what they were handed in as; `frozen` the document's execution
    versions as they stand, the last in force; `executed` the SHA-256 of those of which an executed version is made.
    """
    found: dict[int, Stage] = {}
    for number, sha256, handed_in_as in versions:
        at = max((place for place, each in enumerate(frozen) if is_version(each, number, sha256)), default=None)
        if at is None:
            found[number] = handed_in_as
        elif frozen[at].version != frozen[-1].version:
            found[number] = Stage.SUPERSEDED
        else:
            found[number] = Stage.EXECUTED if sha256 in executed else Stage.EXECUTION
    return found


def is_version(frozen: ExecutionVersion, number: int, sha256: str) -> bool:
    """Whether that version of the document is what was frozen; a file stated without a number is any of those bytes."""
    return frozen.version == sha256 and frozen.number in (0, number)


def pages_in_words(pages: Collection[int]) -> str:
    """Page numbers as people write them: 7, 9-12."""
    runs: list[list[int]] = []
    for each in sorted(set(pages)):
        if runs and each == runs[-1][-1] + 1:
            runs[-1].append(each)
        else:
            runs.append([each])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
