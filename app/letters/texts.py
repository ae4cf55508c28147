"""What letters say, in both languages. `{url}` is the link, `{note}` the words of a person."""

from __future__ import annotations

from app.models.letter import LetterKind
from app.notifications.rendering import Words

PATHS: dict[LetterKind, str] = {
    LetterKind.CONFIRM_ADDRESS: "/register/confirm",
    LetterKind.RESET_PASSWORD: "/password/reset",
}
"""The pages that links lead to; a kind without one carries no link."""

_K = LetterKind
_TEXTS: dict[tuple[LetterKind, str], Words] = {
    (_K.CONFIRM_ADDRESS, "zh"): Words(
        "请确认您的注册邮箱",
        "有人用这个邮箱申请了注册。请在 24 小时内打开下面的链接确认，确认后由承办单位审核：\n\n{url}",
    ),
    (_K.CONFIRM_ADDRESS, "en"): Words(
        "Please confirm your e-mail address",
        "Somebody registered with this address. Open the link within 24 hours to confirm it; "
        "the organizer then looks at the registration:\n\n{url}",
    ),
    (_K.RESET_PASSWORD, "zh"): Words(
        "重设密码", "有人申请重设您的密码。请在 1 小时内打开下面的链接设置新密码，链接只能使用一次：\n\n{url}"
    ),
    (_K.RESET_PASSWORD, "en"): Words(
        "Reset your password",
        "Somebody asked to reset your password. Open the link within an hour to choose a new one; "
        "it works once:\n\n{url}",
    ),
    (_K.REGISTRATION_REFUSED, "zh"): Words(
        "注册申请未通过", "您的注册申请没有通过，原因：\n\n{note}\n\n可以按上述意见重新申请。"
    ),
    (_K.REGISTRATION_REFUSED, "en"): Words(
        "Your registration was refused",
        "Your registration was refused for this reason:\n\n{note}\n\nYou may register again accordingly.",
    ),
}


def words(kind: LetterKind, language: str, *, url: str, note: str) -> Words:
    """Subject and text of a letter in `zh` or `en`."""
    found = _TEXTS[kind, "en" if language == "en" else "zh"]
    return Words(found.headline, found.sentence.format(url=url, note=note))
