"""The numbers that decide between a match, a question and nothing; in one place, so that they can be tuned together.

Set by looking at `benchmarks/understanding.py`; a score is between 0 and 1.
"""

from __future__ import annotations

MATCH = 0.60
"""From here a template is taken without asking which one is meant."""

CLARIFY = 0.46
"""From here a template is offered as one of several."""

GAP = 0.05
"""A match must be this much better than the next template; otherwise both are offered."""

NEAR = 0.14
"""Templates within this distance of the best are offered with it."""

SWITCH = 0.72
"""While a question is open, a message must fit another template at least this well to be a new wish."""

OPTIONS = 4
CANDIDATES = 6
"""How many retrieved templates are looked at closely."""

RETRIEVAL = 0.5
COVERAGE = 0.5
"""Weights of what retrieval says and of how much of the message the template's own words explain."""

VERB = 0.05
TYPED_VALUE = 0.05
TYPED_VALUES_AT_MOST = 0.12
UNUSED_SPAN = -0.06
SCHEDULE_FITS = 0.04
SCHEDULE_UNFIT = -0.12
SERVICE_NAMED = 0.08
SERVICE_ELSEWHERE = -0.25
QUESTION = -0.25
QUESTION_WITH_VALUES = -0.03
NO_VERB = -0.08
SAME_ASK = 0.97
"""A message that is one of the template's own asks, give or take its values."""

NAME_RATIO = 82.0
"""From this likeness (0 to 100) a name is taken for the one of a saved workflow, a parameter, an option."""

LOOSE_NAME_RATIO = 70.0
"""Enough when only a few names are on offer, as in a question with buttons."""
