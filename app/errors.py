"""Errors are named facts with a stable code, an HTTP status and a sentence in two languages.

Each concept declares its own beside the rule that raises them; `app.problems` renders them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import ClassVar


@dataclass(frozen=True)
class FieldError:
    """One offending field. `field` is a dotted path (`targets.0.value`), `code` is stable, the texts are for people."""

    field: str
    code: str
    zh: str
    en: str


class JiebangError(Exception):
    """Base of every error that a user may see.

    Subclasses set the four class attributes; the sentences may name parameters (`{status}`) which the
    raiser passes as keyword arguments. Parameters must never carry what the user typed.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    zh: ClassVar[str] = "服务器内部错误，请稍后重试并告知管理员请求编号"
    en: ClassVar[str] = "Internal error; please retry later and tell the administrator the request id"

    def __init__(
        self,
        *,
        fields: tuple[FieldError, ...] = (),
        headers: dict[str, str] | None = None,
        **parameters: object,
    ) -> None:
        self.fields = fields
        self.headers = headers or {}
        self.parameters = parameters
        super().__init__(self.detail("zh"))

    def detail(self, language: str) -> str:
        """The sentence in `zh` or `en` with its parameters filled in."""
        template = self.en if language == "en" else self.zh
        names = {name for _, name, _, _ in Formatter().parse(template) if name}
        return template.format(**{name: self.parameters.get(name, "") for name in names})


class NotFound(JiebangError):
    code, status = "not_found", 404
    zh, en = "没有找到您要的内容，或您无权查看", "Not found, or not visible to you"


class NotAuthenticated(JiebangError):
    code, status = "not_authenticated", 401
    zh, en = "请先登录，或登录已过期", "Please sign in; the session is missing or expired"


class NotPermitted(JiebangError):
    code, status = "not_permitted", 403
    zh, en = "您的角色没有此项权限（{permission}）", "Your role lacks the permission {permission}"


class InvalidInput(JiebangError):
    code, status = "invalid_input", 422
    zh, en = "提交的内容有误，请按各字段的提示修改", "The input is invalid; see the errors of each field"


class Conflict(JiebangError):
    code, status = "conflict", 409
    zh, en = "与已有数据冲突", "Conflicts with existing data"


class VersionMismatch(JiebangError):
    code, status = "version_mismatch", 412
    zh, en = "内容已被他人修改，请刷新后重试", "The object has changed since you read it; read it again"


class VersionRequired(JiebangError):
    code, status = "version_required", 428
    zh, en = "更新时必须带 If-Match 请求头", "An update needs the If-Match header"


class TooLarge(JiebangError):
    code, status = "too_large", 413
    zh, en = "提交的内容超过 {limit} MB 上限", "The body exceeds {limit} MB"


class TooManyRequests(JiebangError):
    code, status = "too_many_requests", 429
    zh, en = "请求过于频繁，请在 {seconds} 秒后重试", "Too many requests; retry after {seconds} seconds"


class Unavailable(JiebangError):
    code, status = "unavailable", 503
    zh, en = "服务暂时不可用：{reason}", "Temporarily unavailable: {reason}"


class UnsafeDatabase(JiebangError):
    code, status = "unsafe_database", 500
    zh, en = (
        "PostgreSQL 设置会丢失已确认的写入：{settings}=off",
        "PostgreSQL would lose acknowledged writes: {settings}=off",
    )
