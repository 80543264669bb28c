"""When a `time-range` stands. The device's clock is taken to be UTC."""

from datetime import UTC, datetime, timedelta

from mainmode.base.instant import SECOND, Instant
from mainmode.device.config.model import Absolute, Periodic, TimeRange

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {
    "daily": range(7),
    "weekdays": range(5),
    "weekend": range(5, 7),
    **{day: range(number, number + 1) for number, day in enumerate(_WEEK)},
}
_MINUTES_OF_DAY = 24 * 60
_MINUTES_OF_WEEK = 7 * _MINUTES_OF_DAY
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def stands(time_range: TimeRange, now: Instant) -> bool:
    """Whether a time-range is in force: inside its absolute bounds, and in one of its periods if it has any."""
    moment = _EPOCH + timedelta(seconds=now // SECOND)
    if time_range.absolute is not None and not _inside(time_range.absolute.value, moment):
        return False
    return not time_range.periods or any(_recurs(period, moment) for period in time_range.periods)


def _inside(bounds: Absolute, moment: datetime) -> bool:
    minute = moment.replace(second=0)
    return (bounds.start is None or bounds.start <= minute) and (bounds.end is None or minute <= bounds.end)


def _recurs(period: Periodic, moment: datetime) -> bool:
    """Whether `moment` is in a period: from day to day within the week, or on each of its days."""
    start, end = (one.hour * 60 + one.minute for one in (period.start, period.end))
    now = moment.weekday() * _MINUTES_OF_DAY + moment.hour * 60 + moment.minute
    days = [day for word in period.days for day in _DAYS.get(word.lower(), ())]
    for day in days:
        first = day * _MINUTES_OF_DAY + start
        last = day * _MINUTES_OF_DAY + end
        if period.end_day is not None:
            last = _DAYS.get(period.end_day.lower(), range(day, day + 1))[0] * _MINUTES_OF_DAY + end
        if (now - first) % _MINUTES_OF_WEEK <= (last - first) % _MINUTES_OF_WEEK:
            return True
    return False
