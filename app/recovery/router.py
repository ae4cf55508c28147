"""`/auth/recovery`: a forgotten password, without an account at hand."""

from __future__ import annotations

from fastapi import Request, Response

from app.auth.dependencies import Context, WriteSession, address_of, count_try
from app.recovery import service
from app.recovery.schemas import RecoveryBody, ResetBody
from app.routing import Language, concept_router, ignores_idempotency_keys

router = concept_router("登录与权限", prefix="/auth/recovery")


@router.post("", status_code=202, summary="申请重设密码")
@ignores_idempotency_keys
def ask_for_recovery(
    request: Request,
    body: RecoveryBody,
    session: WriteSession,
    context: Context,
    response: Response,
    language: Language,
) -> None:
    """Sends a link by e-mail if the address has an account; the answer is the same if it has none."""
    count_try(request, f"recovery {address_of(request)}")
    response.headers["Cache-Control"] = "no-store"
    service.ask(session, context.settings, body.email, language=language)


@router.post("/reset", status_code=204, summary="凭链接设置新密码")
@ignores_idempotency_keys
def reset_password(request: Request, body: ResetBody, session: WriteSession, context: Context) -> None:
    """Takes the token of the link once; every browser and token of the person is signed out."""
    count_try(request, f"recovery {address_of(request)}")
    service.reset(session, context.settings, body.token, body.new_password)
