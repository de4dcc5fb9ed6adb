"""CloudWatch's judgement of an alarm, as its user guide describes it: what the ten alarms of infra/
would say of the numbers that a story has left behind.

Only what our alarms use: one metric, a statistic or a percentile, data that is missing and counts
as well or as ill. What does not live here: where the numbers come from (aws.py), the stories.
"""

from __future__ import annotations

import math
import operator
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

OK, ALARM = "OK", "ALARM"
# "CloudWatch attempts to retrieve a higher number of data points than the number specified as
# Evaluation Periods"; how many is not said. The guide's own examples have two more.
MORE_LOOKED_AT = 2
STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "Average": lambda values: sum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
    "Sum": sum,
}
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}
MISSING = {"breaching": True, "notBreaching": False}


@dataclass(frozen=True)
class Metric:
    """The name of a series of numbers; another set of dimensions is another series."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()


@dataclass
class Metrics:
    """Every number with its moment, by its series."""

    points: dict[Metric, list[tuple[datetime, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def put(self, metric: Metric, at: datetime, value: float) -> None:
        """One more number."""
        self.points[metric].append((at, value))

    def between(self, metric: Metric, start: datetime, end: datetime) -> list[float]:
        """The numbers of a period: from its start on, before its end."""
        return [value for at, value in self.points.get(metric, ()) if start <= at < end]


def watched(alarm: Mapping[str, Any]) -> Metric:
    """The series an alarm looks at; its properties hold plain values."""
    dimensions = frozenset((one["Name"], one["Value"]) for one in alarm.get("Dimensions", ()))
    return Metric(alarm["Namespace"], alarm["MetricName"], dimensions)


def state(alarm: Mapping[str, Any], metrics: Metrics, now: datetime) -> str:
    """OK or ALARM at the last whole minute: alarms are judged every minute, and the newest period
    is the one that ends then."""
    end = now.replace(second=0, microsecond=0)
    period = timedelta(seconds=alarm["Period"])
    ends = [end - number * period for number in range(alarm["EvaluationPeriods"] + MORE_LOOKED_AT)]
    metric = watched(alarm)
    return judged(alarm, [_value(alarm, metrics.between(metric, at - period, at)) for at in ends])


def judged(alarm: Mapping[str, Any], values: Sequence[float | None]) -> str:
    """The state that follows from the data points of the evaluation range, the newest first; None
    is a missing one. What is missing is filled only where too few are really there."""
    count = alarm["EvaluationPeriods"]
    breaches = COMPARISONS[alarm["ComparisonOperator"]]
    newest = values[:count]
    taken = newest if None not in newest else [one for one in values if one is not None][:count]
    ill = [breaches(one, alarm["Threshold"]) for one in taken if one is not None]
    ill += [MISSING[alarm["TreatMissingData"]]] * (count - len(ill))
    return ALARM if sum(ill) >= alarm.get("DatapointsToAlarm", count) else OK


def _value(alarm: Mapping[str, Any], values: Sequence[float]) -> float | None:
    """The data point of one period; None for a period without numbers."""
    if not values:
        return None
    if "ExtendedStatistic" in alarm:
        return percentile(values, float(alarm["ExtendedStatistic"].removeprefix("p")))
    return STATISTICS[alarm["Statistic"]](values)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` of a hundred values lie, between two neighbours in a
    straight line."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
