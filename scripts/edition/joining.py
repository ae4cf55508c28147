"""A stranger registers for its unit and claims the profile that an import filed."""

from __future__ import annotations

from edition.service import PASSWORD, Person, Row, Service, check_equal


def come_in(service: Service, admin: Person, profile: Row, email: str) -> Person:
    """Registers somebody for a new unit, and claims the imported profile; staff approve both."""
    person = Person(service, email, has_key=True)
    body = {"email": email, "password": PASSWORD, "name": "课题组负责人", "reason": "拟参加揭榜。"}
    body |= {"organization_name": f"{profile['name']}（单位）", "organization_kind": "university"}
    filed = service.send("/registrations", {**body, "region": profile["region"]}, expect=202)
    receipt = {"receipt": filed["receipt"]}
    told = service.send(f"/registrations/{filed['id']}/status", receipt, expect=200)
    check_equal("a registration before its decision", told["status"], "waiting")
    done = admin.post(f"/registrations/{filed['id']}/approve", {})
    person.id = done["user_id"]
    claim = {"solver_id": profile["id"], "reason": "该档案为本课题组。", "proof": "专利权人为本单位。"}
    asked = person.post("/claims", claim, expect=201)
    check_equal("a claim", admin.post(f"/claims/{asked['id']}/approve", {})["status"], "approved")
    return person
