"""The numbers that alarms watch, with CloudWatch's own names for their units.

What does not live here: what they count (health.py), how they are written (handlers/logs.py).
"""

from __future__ import annotations

from collections.abc import Mapping

MEASURES: Mapping[str, str] = {
    "OutboxAge": "Seconds",  # of the oldest mail whose time has come
    "WorkAge": "Seconds",  # of the oldest work whose time has come
    "Waiting": "Count",  # signs for the technical contact that have no alarm of their own
    "UnexplainedMinor": "None",
    "UnexplainedAge": "Seconds",
    "NightAge": "Seconds",  # since the last night's end
    "TasksLate": "Count",
}
