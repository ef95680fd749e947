"""Which version of a document the parties sign, and which signed pages still count for it.

A signature page is bound to the SHA-256 of the execution version that it was signed for. A later version makes it
stale: the signatory agreed to another text. It counts again only on the signatory's authority to carry it over.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

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
