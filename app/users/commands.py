"""`jiebang user`: the first accounts, before anyone can sign in. Acts as the system, with every right."""

from __future__ import annotations

import sys
import uuid
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from app.auth.actor import SYSTEM
from app.context import open_context
from app.errors import FieldError, InvalidInput
from app.models.access import Role, User
from app.users import service
from app.users.schemas import Email, present

commands = typer.Typer(no_args_is_help=True, help="用户 (users): create, list")


@commands.command("create")
def create_user(
    email: Annotated[str, typer.Option(help="登录邮箱 (sign-in address)")],
    role: Annotated[str, typer.Option(help="角色 (role): " + ", ".join(Role))],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="从标准输入读取密码 (read the password from stdin)")
    ] = False,
    organization: Annotated[
        str | None, typer.Option(help="所属单位编号 (organization id); 需求方和解决方必填")
    ] = None,
    name: Annotated[str, typer.Option(help="姓名 (name)")] = "",
) -> None:
    """新建用户。Creates a user; the password never appears on the command line."""
    address, held_role, organization_id = _address(email), _role(role), _organization_id(organization)
    password = _read_password(password_stdin)
    with open_context() as context, context.db.write() as session:
        user = service.create(
            session,
            SYSTEM,
            context.settings,
            email=address,
            password=password,
            grants=[service.Grant(held_role, organization_id)],
            name=name,
        )
        created = present(user)
    typer.echo(f"已创建用户 {created.email}（{held_role.label}），编号 {created.id}")


@commands.command("list")
def list_users() -> None:
    """列出用户。Lists all users with their roles."""
    table = Table("编号", "邮箱", "姓名", "角色", "状态")
    with open_context() as context, context.db.read() as session:
        for user in session.scalars(select(User).order_by(User.email)):
            roles = [
                f"{row.role.label}（{row.organization.name}）" if row.organization else row.role.label
                for row in user.memberships
            ]
            table.add_row(
                str(user.id), user.email, user.name, "、".join(roles), "启用" if user.is_active else "停用"
            )
    Console().print(table)


def _address(email: str) -> str:
    try:
        return TypeAdapter(Email).validate_python(email)
    except ValidationError as error:
        raise _invalid("email", "邮箱格式不正确", "Not an e-mail address") from error


def _role(text: str) -> Role:
    try:
        return Role(Role.parse(text))
    except ValueError as error:
        allowed = ", ".join(Role)
        raise _invalid("role", f"角色只能是：{allowed}", f"The role must be one of: {allowed}") from error


def _organization_id(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError as error:
        raise _invalid("organization", "单位编号格式不正确", "Not an organization id") from error


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise _invalid(
            "password", "请使用 --password-stdin 传入密码", "Give the password with --password-stdin"
        )
    password: str = typer.prompt("密码 (password)", hide_input=True, confirmation_prompt=True)
    return password


def _invalid(field: str, zh: str, en: str) -> InvalidInput:
    return InvalidInput(fields=(FieldError(field, "invalid", zh, en),))
