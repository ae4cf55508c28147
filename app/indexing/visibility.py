"""Says in the index's facts what `requirements.repository.visible_to` says in SQL, to hold inside a search.

The two are kept equal by a test; rows are read again through the repository before anybody sees them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.auth.actor import Actor
from app.models.access import Role
from app.models.requirement import PUBLIC_STATUSES, Confidentiality, RequirementStatus
from matching import Filter

PUBLISHED = Filter(
    any_of={"status": tuple(sorted(PUBLIC_STATUSES))},
    none_of={"confidentiality": (Confidentiality.RESTRICTED.value,)},
)
"""What every solver and every visitor may see."""


def requirements_visible_to(actor: Actor) -> tuple[Filter, ...]:
    """Alternatives of which a requirement must pass one; none when the actor may see no requirement."""
    alternatives: list[Filter] = []
    if actor.is_staff:
        alternatives.append(Filter(none_of={"status": (RequirementStatus.DRAFT.value,)}))
        alternatives.append(Filter(any_of={"filed_by_staff": ("yes",)}))
    if actor.has_role(Role.REVIEWER):
        refused: dict[str, tuple[str, ...]] = {"status": (RequirementStatus.DRAFT.value,)}
        if units := actor.organizations():
            refused["organization"] = tuple(sorted(map(str, units)))
        alternatives.append(Filter(any_of={"reviewer": (str(actor.user_id),)}, none_of=refused))
    own = actor.organizations(Role.SEEKER)
    if own:
        alternatives.append(Filter(any_of={"organization": tuple(sorted(map(str, own)))}))
    if actor.is_visitor or actor.has_role(Role.SOLVER):
        alternatives.append(PUBLISHED)
    return tuple(alternatives)


def narrow(
    alternatives: Iterable[Filter],
    any_of: Mapping[str, Sequence[str]],
    none_of: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Filter, ...]:
    """The same alternatives with further conditions on each; an empty list of values means no condition."""
    wanted = {name: values for name, values in any_of.items() if values}
    refused = {name: values for name, values in (none_of or {}).items() if values}
    narrowed = []
    for item in alternatives:
        both = dict(item.any_of)
        is_possible = True
        for name, values in wanted.items():
            # Two conditions on one fact hold together for the values that both allow.
            kept = [value for value in values if value in both[name]] if name in both else list(values)
            is_possible = is_possible and bool(kept)
            both[name] = kept
        if is_possible:
            without = dict(item.none_of)
            for name, values in refused.items():
                without[name] = [*without.get(name, ()), *values]
            narrowed.append(replace(item, any_of=both, none_of=without))
    return tuple(narrowed)
