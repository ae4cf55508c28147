"""What a person sends who has forgotten the password."""

from __future__ import annotations

from typing import Annotated

from app.kit.schemas import Body, Line, with_example
from app.users.schemas import Email, Password


class RecoveryBody(Body):
    """The address of the account."""

    model_config = with_example({"email": "chenli@jdut.example"})

    email: Email


class ResetBody(Body):
    """What the link holds, and the new password."""

    model_config = with_example(
        {"token": "Wm9yZ2xvcy1leGFtcGxlLXRva2Vu", "new_password": "correct horse battery"}
    )

    token: Annotated[str, Line(100, 1)]
    new_password: Password
