"""Everybody imports what is their own, and nobody learns of anything else."""

from __future__ import annotations

import uuid

import pytest

from app.db import Database
from app.errors import JiebangError
from app.models import (
    Achievement,
    Organization,
    Requirement,
    Role,
    SolverProfile,
)
from app.models.exchange import ImportKind
from app.models.requirement import RequirementStatus
from tests import factories
from tests.app.exchange.conftest import ImportFile, actor_of, all_of, count, jsonl


def test_a_seeker_imports_for_its_own_unit_only(
    db: Database,
    import_file: ImportFile,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    actor = actor_of(db, Role.SEEKER, seeker_organization)
    done = import_file(
        jsonl(
            {"id": "R1", "title": "甲", "problem": "一"},
            {"id": "R2", "title": "乙", "organization": {"name": other_organization.name}},
            {"id": "R3", "title": "丙", "organization": {"name": seeker_organization.name}},
        ),
        actor=actor,
    )
    assert done.counts == (2, 0, 0, 1)
    assert done.codes(2) == ["organization_not_yours"]
    rows = all_of(db, Requirement)
    assert {row.organization_id for row in rows} == {seeker_organization.id}
    assert {row.status for row in rows} == {RequirementStatus.DRAFT}


def test_ids_of_two_units_do_not_meet(
    db: Database,
    import_file: ImportFile,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    for organization in (seeker_organization, other_organization):
        done = import_file(
            jsonl({"id": "R1", "title": organization.name}), actor=actor_of(db, Role.SEEKER, organization)
        )
        assert done.counts == (1, 0, 0, 0)
    assert count(db, Requirement) == 2


def test_the_system_id_of_a_stranger_is_as_unknown_as_any(
    db: Database,
    import_file: ImportFile,
    seeker_organization: Organization,
    other_organization: Organization,
) -> None:
    theirs = factories.make_requirement(db, other_organization, title="机密")
    actor = actor_of(db, Role.SEEKER, seeker_organization)
    done = import_file(
        jsonl({"system_id": str(theirs.id), "title": "改"}, {"system_id": str(uuid.uuid4()), "title": "改"}),
        actor=actor,
    )
    assert done.codes(1) == done.codes(2) == ["unknown_system_id"]
    assert [message["message"] for message in done.rows[0].messages] == [
        message["message"] for message in done.rows[1].messages
    ]


def test_a_solver_keeps_its_own_profile_and_achievements_only(db: Database, import_file: ImportFile) -> None:
    university = factories.make_organization(db, "江东理工大学", kind="university")
    foreign = factories.make_solver(db, "别家课题组")
    theirs = factories.make_achievement(db, foreign, "别家成果")
    actor = actor_of(db, Role.SOLVER, university)
    assert import_file(
        jsonl({"title": "早"}), "achievements.jsonl", actor=actor, kind=ImportKind.ACHIEVEMENTS
    )
    done = import_file(jsonl({"name": "本校课题组", "kind": "university"}), "solvers.jsonl", actor=actor)
    assert done.counts == (1, 0, 0, 0)
    done = import_file(
        jsonl(
            {"title": "一"},
            {"title": "二", "solver": {"name": "别家课题组"}},
            {"system_id": str(theirs.id), "title": "改"},
        ),
        "achievements.jsonl",
        actor=actor,
        kind=ImportKind.ACHIEVEMENTS,
    )
    assert done.counts == (1, 0, 0, 2)
    assert done.codes(2) == ["solver_not_yours"]
    assert done.codes(3) == ["achievement_not_yours"]
    own = next(row for row in all_of(db, SolverProfile) if row.name == "本校课题组")
    assert own.organization_id == university.id
    assert [row.title for row in all_of(db, Achievement) if row.solver_id == own.id] == ["一"]


@pytest.mark.parametrize(
    ("role", "kind"),
    [(Role.SEEKER, ImportKind.ACHIEVEMENTS), (Role.SOLVER, ImportKind.REQUIREMENTS), (Role.REVIEWER, None)],
)
def test_a_role_imports_its_own_kind_of_rows_only(
    db: Database, import_file: ImportFile, role: Role, kind: ImportKind | None
) -> None:
    actor = actor_of(db, role, factories.make_organization(db, "某单位"))
    with pytest.raises(JiebangError) as caught:
        import_file(jsonl({"title": "甲"}), actor=actor, kind=kind)
    assert caught.value.code == "not_permitted"
