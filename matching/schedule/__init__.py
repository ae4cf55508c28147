"""Timetables of meetings (对接会与现场赛日程): values in, values out.

`timetable(problem)` gives every meeting a slot and a room. These are never broken: a participant is at one
meeting at a time, comes only when it can, and has `travel_days` between two places; a room holds one
meeting at a time, is open, large enough and equipped; pins hold. Within that, the weighted sum of idle slots
and days of attendance is minimised as far as the effort allows; `bound` says how far from the least it can be
at most. One thread, a fixed seed and limits of work instead of time make it the same each time.

When it cannot be, `NoTimetable` names an irreducible set of facts in the way and the meetings that a largest
timetable leaves out. `clashes(problem, places)` looks any timetable over, also one made by hand.
"""

from matching.schedule.check import Clash, Cost, clashes, cost
from matching.schedule.conflicts import NoTimetable
from matching.schedule.problem import (
    Fact,
    InvalidTimetable,
    Meeting,
    Participant,
    Place,
    Problem,
    Room,
    Slot,
    Weights,
)
from matching.schedule.solve import STAGES, Timetable, TimetableNotFound, timetable

__all__ = [
    "STAGES",
    "Clash",
    "Cost",
    "Fact",
    "InvalidTimetable",
    "Meeting",
    "NoTimetable",
    "Participant",
    "Place",
    "Problem",
    "Room",
    "Slot",
    "Timetable",
    "TimetableNotFound",
    "Weights",
    "clashes",
    "cost",
    "timetable",
]
