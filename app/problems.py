"""Renders every error as problem+json (RFC 9457) in the caller's language, without echoing what was sent."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from app.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    JiebangError,
    NotFound,
    Unavailable,
    VersionMismatch,
)
from app.kit.language import preferred

log = logging.getLogger("jiebang.problems")

MEDIA_TYPE = "application/problem+json"
PROBLEM_BASE = "https://jiebang.example/problems/"

_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}|\d{1,6}")

FIELD_MESSAGES: dict[str, tuple[str, str]] = {
    "missing": ("此项必填", "Required"),
    "extra_forbidden": ("不认识的字段", "Unknown field"),
    "string_type": ("应为文本", "Must be a string"),
    "string_too_long": ("文字过长，最多 {max_length} 个字符", "At most {max_length} characters"),
    "string_too_short": ("不能为空", "Must not be empty"),
    "control_character": ("含有不可见的控制字符", "Contains control characters"),
    "surrogate": ("含有无效字符", "Contains invalid characters"),
    "string_unicode": ("含有无效字符", "Contains invalid characters"),
    "string_pattern_mismatch": ("格式不正确", "Has the wrong format"),
    "value_error": ("内容不正确", "Invalid value"),
    "int_type": ("应为整数", "Must be an integer"),
    "int_parsing": ("应为整数", "Must be an integer"),
    "int_from_float": ("应为整数", "Must be an integer"),
    "number_type": ("应为数字", "Must be a number"),
    "decimal_parsing": ("应为数字", "Must be a number"),
    "decimal_max_digits": ("数字位数过多", "Too many digits"),
    "decimal_max_places": ("小数位数过多", "Too many decimal places"),
    "finite_number": ("应为有限的数字", "Must be finite"),
    "float_type": ("应为数字", "Must be a number"),
    "bool_type": ("应为 true 或 false", "Must be true or false"),
    "greater_than_equal": ("不能小于 {ge}", "Must be at least {ge}"),
    "less_than_equal": ("不能大于 {le}", "Must be at most {le}"),
    "enum": ("只能填写：{allowed}", "Must be one of: {allowed}"),
    "literal_error": ("不是允许的取值", "Not an allowed value"),
    "list_type": ("应为列表", "Must be a list"),
    "too_long": ("最多 {max_length} 项", "At most {max_length} items"),
    "too_short": ("至少 {min_length} 项", "At least {min_length} items"),
    "uuid_parsing": ("编号格式不正确", "Not a valid id"),
    "uuid_type": ("编号格式不正确", "Not a valid id"),
    "date_parsing": ("日期应为 YYYY-MM-DD", "Must be a date YYYY-MM-DD"),
    "date_from_datetime_parsing": ("日期应为 YYYY-MM-DD", "Must be a date YYYY-MM-DD"),
    "datetime_parsing": ("时间格式不正确", "Must be an ISO 8601 instant"),
    "datetime_from_date_parsing": ("时间格式不正确", "Must be an ISO 8601 instant"),
    "timezone_aware": ("时间须带时区，例如 +08:00", "Must have a time zone, such as +08:00"),
    "json_invalid": ("不是有效的 JSON", "Not valid JSON"),
    "model_attributes_type": ("应为 JSON 对象", "Must be a JSON object"),
    "dict_type": ("应为 JSON 对象", "Must be a JSON object"),
}
_OTHER = ("内容不正确", "Invalid value")


def install(app: FastAPI) -> None:
    """Registers the handlers on `app`."""
    app.add_exception_handler(JiebangError, _on_jiebang_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(IntegrityError, _on_integrity_error)
    app.add_exception_handler(StaleDataError, _on_stale_data)
    app.add_exception_handler(OperationalError, _on_database_error)
    app.add_exception_handler(PoolTimeout, _on_database_error)
    app.add_exception_handler(Exception, _on_any_error)


def problem(request: Request, error: JiebangError) -> JSONResponse:
    """The error as an answer in the caller's language."""
    language = language_of(request)
    body: dict[str, Any] = {
        "type": PROBLEM_BASE + error.code,
        "title": (error.en if language == "en" else error.zh).split("{")[0].rstrip("（( “:："),
        "status": error.status,
        "code": error.code,
        "detail": error.detail(language),
        "request_id": getattr(request.state, "request_id", ""),
    }
    if error.fields:
        body["errors"] = [
            {"field": item.field, "code": item.code, "message": item.en if language == "en" else item.zh}
            for item in error.fields
        ]
    headers = {**error.headers, "Content-Language": language}
    return JSONResponse(body, status_code=error.status, headers=headers, media_type=MEDIA_TYPE)


def language_of(request: Request) -> str:
    """`zh` or `en`, by Accept-Language and the service's default."""
    context = getattr(request.app.state, "context", None)
    default = context.settings.default_language if context else "zh"
    return preferred(request.headers.get("accept-language"), default)


def field_errors(errors: Sequence[Any]) -> tuple[FieldError, ...]:
    """Pydantic's errors as ours. Unknown field names that are no plain identifiers are not repeated."""
    found = []
    for error in errors:
        parts = [part for part in error["loc"] if part not in ("body", "query", "path", "header")]
        names = [str(part) if _FIELD_NAME.fullmatch(str(part)) else "?" for part in parts]
        zh, en = FIELD_MESSAGES.get(error["type"], _OTHER)
        context = _Blank(error.get("ctx") or {})
        found.append(
            FieldError(
                ".".join(names) or "body", error["type"], zh.format_map(context), en.format_map(context)
            )
        )
    return tuple(found)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


async def _on_jiebang_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, JiebangError)
    if error.status >= 500:
        log.warning("refused", extra={"code": error.code})
    return problem(request, error)


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return problem(request, InvalidInput(fields=field_errors(error.errors())))


class MethodNotAllowed(JiebangError):
    code, status = "method_not_allowed", 405
    zh, en = "此地址不支持该请求方法", "The method is not allowed here"


class MalformedRequest(JiebangError):
    code, status = "malformed_request", 400
    zh, en = "请求格式无法识别", "The request cannot be understood"


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return problem(request, NotFound(headers=headers))
    if error.status_code == 405:
        return problem(request, MethodNotAllowed(headers=headers))
    if error.status_code < 500:
        return problem(request, MalformedRequest(headers=headers))
    return problem(request, Unavailable(reason=str(error.status_code), headers=headers))


async def _on_integrity_error(request: Request, error: Exception) -> JSONResponse:
    return problem(request, Conflict())


async def _on_stale_data(request: Request, error: Exception) -> JSONResponse:
    return problem(request, VersionMismatch())


async def _on_database_error(request: Request, error: Exception) -> JSONResponse:
    log.error("database unavailable", extra={"kind": type(error).__name__})
    language_reason = "数据库忙" if language_of(request) == "zh" else "the database is busy"
    return problem(request, Unavailable(reason=language_reason, headers={"Retry-After": "2"}))


async def _on_any_error(request: Request, error: Exception) -> JSONResponse:
    log.error("unexpected error", exc_info=error)
    return problem(request, JiebangError())
