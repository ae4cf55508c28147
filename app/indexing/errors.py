"""What may be wrong with the index from a user's point of view; translates the engine's own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import JiebangError, NotFound, Unavailable
from matching import MatchingError, ModelUnavailable, Overloaded, UnknownKey


class IndexNotReady(Unavailable):
    code = "index_not_ready"
    zh, en = "检索索引正在载入，请稍后再试", "The search index is being loaded; try again shortly"


class IndexRebuilding(Unavailable):
    code = "index_rebuilding"
    zh, en = (
        "向量模型已更换，正在重建索引（尚余 {remaining} 条），完成前不提供检索与匹配",
        "The embedding model has changed; the index is being rebuilt ({remaining} documents left)",
    )


class ModelMissing(Unavailable):
    code = "model_unavailable"
    zh, en = (
        "向量模型不可用，请管理员运行 jiebang model fetch，或检查 JIEBANG_MODEL",
        "The embedding model is not available; run `jiebang model fetch` or check JIEBANG_MODEL",
    )


class EncoderBusy(Unavailable):
    code = "encoder_overloaded"
    zh, en = "当前检索请求过多，请稍后再试", "Too many searches at the moment; try again shortly"


class NotIndexed(NotFound):
    code = "not_indexed"
    zh, en = (
        "该条目尚无可供匹配的内容，或尚未进入索引",
        "This item has nothing to match yet, or is not indexed yet",
    )


class EngineFailed(JiebangError):
    code, status = "engine_failed", 500
    zh, en = "匹配引擎出错，请联系管理员", "The matching engine failed; tell the administrator"


class ResearchLicenseRefused(JiebangError):
    code, status = "research_license", 500
    zh, en = (
        "模型 {model} 仅许可研究用途，生产环境不予启动；请设置 JIEBANG_MODEL=BAAI/bge-base-zh-v1.5 "
        "等可商用模型，或确认研究用途后设置 JIEBANG_ACCEPT_RESEARCH_LICENSE=1",
        "Model {model} is licensed for research only, so production does not start; set JIEBANG_MODEL to "
        "another one such as BAAI/bge-base-zh-v1.5, or JIEBANG_ACCEPT_RESEARCH_LICENSE=1 if this is research",
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turns the engine's errors into those a user may see."""
    try:
        yield
    except Overloaded as error:
        raise EncoderBusy(headers={"Retry-After": str(max(1, round(error.retry_after)))}) from error
    except ModelUnavailable as error:
        raise ModelMissing() from error
    except UnknownKey as error:
        raise NotIndexed() from error
    except MatchingError as error:
        raise EngineFailed() from error
