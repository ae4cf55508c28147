"""The password policy (口令策略): length instead of composition rules, and never the person's own address."""

from __future__ import annotations

from app.errors import FieldError, InvalidInput

MAX_LENGTH = 128
"""Beyond this the sign-in form refuses a password, because hashing it costs a core."""


def check_password_policy(password: str, *, email: str, min_length: int, field: str = "password") -> None:
    """Raises `InvalidInput` on `field` for a password that is too short, too long or the e-mail address."""
    if not min_length <= len(password) <= MAX_LENGTH:
        raise InvalidInput(
            fields=(
                FieldError(
                    field,
                    "password_length",
                    f"密码长度应为 {min_length}–{MAX_LENGTH} 个字符",
                    f"A password has {min_length} to {MAX_LENGTH} characters",
                ),
            )
        )
    if password.strip().lower() in (email.lower(), email.lower().partition("@")[0]):
        raise InvalidInput(
            fields=(
                FieldError(
                    field,
                    "password_equals_email",
                    "密码不能与邮箱相同",
                    "The password must not be the e-mail address",
                ),
            )
        )
