"""What can go wrong at the door."""

from __future__ import annotations

from app.errors import JiebangError


class WrongCredentials(JiebangError):
    code, status = "wrong_credentials", 401
    zh, en = "邮箱或密码不正确", "Wrong e-mail or password"


class AccountLocked(JiebangError):
    code, status = "account_locked", 429
    zh, en = (
        "登录失败次数过多，请在 {minutes} 分钟后再试",
        "Too many failed sign-ins; try again in {minutes} minutes",
    )


class InvalidRefreshToken(JiebangError):
    code, status = "invalid_refresh_token", 401
    zh, en = "登录已失效，请重新登录", "The refresh token is no longer valid; sign in again"


class UnsupportedGrant(JiebangError):
    code, status = "unsupported_grant_type", 422
    zh, en = "grant_type 只能是 password 或 refresh_token", "grant_type must be password or refresh_token"


class UnknownScope(JiebangError):
    code, status = "unknown_scope", 422
    zh, en = "密钥的权限范围超出您本人的权限", "A scope exceeds your own permissions"
