"""Reading what needs a person: the open tasks."""

from __future__ import annotations

from chalicelib.rules.people.circle import Task
from chalicelib.store import reads, tables


def open_tasks() -> list[Task]:
    """Every open task, the one that is due first at the top."""
    found = [row for row in reads.under(tables.Circle, "task#open") if isinstance(row, Task)]
    return sorted(found, key=lambda task: (task.due_at, task.task_id))


def open_about(path: str, code: str) -> list[Task]:
    """The open tasks of one kind that are done on one page."""
    found = reads.under(tables.Circle, "task#open", f"{code}#")
    return [row for row in found if isinstance(row, Task) and row.path == path]
