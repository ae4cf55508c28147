"""`/models`: which embedding models there are, adapting one to this bureau's requirements, choosing one."""

from __future__ import annotations

from app.adaptation import service
from app.adaptation.schemas import AdaptationView, ModelChoice, ModelsView, ModelView
from app.adaptation.service import Listed
from app.auth.actor import Actor
from app.auth.dependencies import Context, WriteSession, needs
from app.routing import concept_router

router = concept_router("向量模型")


@router.get("/models", response_model=ModelsView, summary="向量模型列表")
def list_models(context: Context, actor: Actor = needs("models:read")) -> ModelsView:
    """The original and its adapted copies, with how each did in its test; one of them is current."""
    return _view(service.listed(context.settings))


@router.post("/models/adaptations", response_model=AdaptationView, status_code=202, summary="调适向量模型")
def adapt_model(session: WriteSession, actor: Actor = needs("models:write")) -> AdaptationView:
    """A job that trains a copy on the requirements on file, without any grades, and puts it to use if it wins."""
    return AdaptationView(job_id=service.start(session, actor).id)


@router.put("/models/current", response_model=ModelsView, summary="选用向量模型")
def choose_model(
    body: ModelChoice, session: WriteSession, context: Context, actor: Actor = needs("models:write")
) -> ModelsView:
    """All texts are encoded again beside the live index, which answers with the model before until then."""
    return _view(service.use(session, context.settings, actor, body.name))


def _view(found: list[Listed]) -> ModelsView:
    return ModelsView(
        items=[
            ModelView(
                name=one.model.name,
                base=one.model.base,
                is_current=one.is_current,
                is_research_only=one.is_research_only,
                created_at=one.model.created_at,
                requirements=one.model.requirements,
                steps=one.model.steps,
                compared=one.model.compared,
            )
            for one in found
        ]
    )
