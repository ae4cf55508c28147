"""Which function a task name stands for. Task modules register here; only the worker imports them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.errors import JiebangError
from app.jobs.context import JobContext

Task = Callable[[JobContext], dict[str, Any]]

_NAME = re.compile(r"[a-z][a-z-]{0,28}\.[a-z][a-z-]{0,28}")
_tasks: dict[str, Task] = {}


class UnknownTask(JiebangError):
    code, status = "unknown_task", 500
    zh, en = "没有名为 {name} 的任务", "There is no task named {name}"


class DuplicateTask(JiebangError):
    code, status = "duplicate_task", 500
    zh, en = "任务名 {name} 已被占用", "The task name {name} is already taken"


def task(name: str) -> Callable[[Task], Task]:
    """Registers the function as the task `name` (`concept.verb`); what it returns is the job's result.

    A job may be stopped between any two steps and started again from its last checkpoint in another process,
    so the function takes all it needs from `job.arguments`, `job.checkpoint` and the database.
    Raises `ValueError` for a name of another form and `DuplicateTask` when another function has the name.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"a task name reads concept.verb, not {name!r}")

    def register(function: Task) -> Task:
        known = _tasks.get(name)
        if known is not None and _origin(known) != _origin(function):
            raise DuplicateTask(name=name)
        _tasks[name] = function
        return function

    return register


def find_task(name: str) -> Task:
    """The function behind `name`. Raises `UnknownTask`."""
    found = _tasks.get(name)
    if found is None:
        raise UnknownTask(name=name)
    return found


def task_names() -> frozenset[str]:
    """Every registered name."""
    return frozenset(_tasks)


def is_well_formed(name: str) -> bool:
    """Does `name` read `concept.verb`?"""
    return _NAME.fullmatch(name) is not None


def forget_task(name: str) -> None:
    """Takes a name back, so that a test leaves no task behind."""
    _tasks.pop(name, None)


def _origin(function: Task) -> tuple[str, str]:
    # A reloaded module brings the same function as a new object; that is no second owner of the name.
    return function.__module__, function.__qualname__
