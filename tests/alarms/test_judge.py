"""The judge of alarms gives the verdicts that CloudWatch's user guide gives in its examples
("Configuring how CloudWatch alarms treat missing data", "Evaluating an alarm")."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.alarms import judge
from tests.alarms.judge import ALARM, OK, Metric, Metrics

NOW = datetime(2026, 11, 21, 18, 0, 30, tzinfo=UTC)
METRIC = Metric("Shop", "Sold", frozenset({("Door", "left")}))
PLAIN: dict[str, Any] = {
    "Namespace": "Shop",
    "MetricName": "Sold",
    "Dimensions": [{"Name": "Door", "Value": "left"}],
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
}


def points(text: str) -> list[float | None]:
    """`0 - X - X` as the guide writes it, the oldest first: the newest first as numbers."""
    return [{"0": 0.0, "X": 1.0, "-": None}[one] for one in reversed(text.split())]


# Data points, verdict when missing data breaches, verdict when it does not.
THREE_OF_THREE = (
    ("0 - X - X", OK, OK),
    ("- - - - 0", OK, OK),
    ("- - - - -", ALARM, OK),
    ("0 X X - X", ALARM, ALARM),
    ("- - X - -", ALARM, OK),
)
TWO_OF_THREE = (
    ("0 - X - X", ALARM, ALARM),
    ("0 0 X 0 X", ALARM, ALARM),
    ("0 - X - -", ALARM, OK),
    ("- - - - 0", ALARM, OK),
    ("- - - X -", ALARM, OK),
)


@pytest.mark.parametrize(("shown", "breaching", "not_breaching"), THREE_OF_THREE)
def test_the_guides_table_for_three_of_three(
    shown: str, breaching: str, not_breaching: str
) -> None:
    three = {**PLAIN, "EvaluationPeriods": 3}
    assert judge.judged({**three, "TreatMissingData": "breaching"}, points(shown)) == breaching
    assert judge.judged(three, points(shown)) == not_breaching


@pytest.mark.parametrize(("shown", "breaching", "not_breaching"), TWO_OF_THREE)
def test_the_guides_table_for_two_of_three(shown: str, breaching: str, not_breaching: str) -> None:
    two = {**PLAIN, "EvaluationPeriods": 3, "DatapointsToAlarm": 2}
    assert judge.judged({**two, "TreatMissingData": "breaching"}, points(shown)) == breaching
    assert judge.judged(two, points(shown)) == not_breaching


def test_a_period_ends_with_the_last_whole_minute_and_moves_with_it() -> None:
    """ "If the period is 5 minutes, at the end of minute 5 the alarm evaluates based on data from
    minutes 1 to 5. Then at the end of minute 6 ... from minutes 2 to 6"."""
    two = {**PLAIN, "Threshold": 2}
    metrics = Metrics()
    minute = NOW.replace(second=0)
    metrics.put(METRIC, minute - timedelta(minutes=5), 1)
    metrics.put(METRIC, minute - timedelta(seconds=1), 1)
    assert judge.state(two, metrics, NOW) == ALARM
    assert judge.state(two, metrics, NOW + timedelta(minutes=1)) == OK  # one has moved out
    late = Metrics()
    late.put(METRIC, minute, 5)
    assert judge.state(two, late, NOW) == OK  # of the minute that has just begun
    assert judge.state(two, late, NOW + timedelta(minutes=1)) == ALARM


def test_an_older_point_stands_in_for_a_missing_one_for_two_periods() -> None:
    """So that an alarm of one period without newer data ends three periods after its cause."""
    metrics = Metrics()
    metrics.put(METRIC, NOW - timedelta(minutes=4), 1)
    told = [judge.state(PLAIN, metrics, NOW + timedelta(minutes=5 * number)) for number in range(4)]
    assert told == [ALARM, ALARM, ALARM, OK]


def test_another_dimension_is_another_series() -> None:
    metrics = Metrics()
    metrics.put(Metric("Shop", "Sold"), NOW - timedelta(minutes=1), 9)
    metrics.put(Metric("Shop", "Sold", frozenset({("Door", "right")})), NOW, 9)
    assert judge.state(PLAIN, metrics, NOW) == OK


VALUES = [3.0, 1.0, 2.0, 6.0]
STATISTICS = (("Sum", 12), ("Average", 3), ("Maximum", 6), ("Minimum", 1), ("SampleCount", 4))


@pytest.mark.parametrize(("statistic", "value"), STATISTICS)
def test_the_numbers_of_a_period_become_one(statistic: str, value: float) -> None:
    metrics = Metrics()
    for one in VALUES:
        metrics.put(METRIC, NOW - timedelta(minutes=2), one)
    alarm = {**PLAIN, "Statistic": statistic, "ComparisonOperator": "GreaterThanThreshold"}
    assert judge.state({**alarm, "Threshold": value}, metrics, NOW) == OK
    assert judge.state({**alarm, "Threshold": value - 0.01}, metrics, NOW) == ALARM


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 2.5), (90, 5.1), (100, 6)])
def test_a_percentile_lies_between_its_neighbours(percent: float, value: float) -> None:
    assert judge.percentile(VALUES, percent) == pytest.approx(value)
    assert judge.percentile([7], percent) == 7


@pytest.mark.parametrize(
    ("comparison", "verdicts"),
    [
        ("GreaterThanOrEqualToThreshold", [OK, ALARM, ALARM]),
        ("GreaterThanThreshold", [OK, OK, ALARM]),
        ("LessThanOrEqualToThreshold", [ALARM, ALARM, OK]),
        ("LessThanThreshold", [ALARM, OK, OK]),
    ],
)
def test_a_value_is_held_against_the_threshold(comparison: str, verdicts: list[str]) -> None:
    alarm = {**PLAIN, "Threshold": 5, "ComparisonOperator": comparison}
    assert [judge.judged(alarm, [value, None, None]) for value in (4, 5, 6)] == verdicts


def test_an_alarm_that_is_written_otherwise_is_not_judged_by_guess() -> None:
    for name, strange in (("TreatMissingData", "ignore"), ("ComparisonOperator", "Near")):
        with pytest.raises(KeyError):
            judge.judged({**PLAIN, name: strange}, [None, None, None])
