"""The numbers that decide between a match, a question and nothing; in one place, so that they can be tuned together.

Set by looking at `benchmarks/understanding.py`; a score is between 0 and 1.
"""

from __future__ import annotations

MATCH = 0.52
"""From here a template is taken without asking which one is meant."""

LONE_MATCH = 0.42
LEAD = 0.18
"""A request that begins with its verb is taken already from here, when no other template comes near it."""

CLARIFY = 0.36
"""From here a template is offered as one of several."""

CLARIFY_QUESTION = 0.46
"""The same for a message that asks something and holds no value."""

GAP = 0.05
"""A match must be this much better than the next template; otherwise both are offered."""

NEAR = 0.14
"""Templates within this distance of the best are offered with it."""

SWITCH = 0.62
"""While a question is open, a message must fit another template at least this well to be a new wish."""

LOOKED_AT = 600
"""Characters in which a wish is looked for; what comes later is content."""

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
SCHEDULE_FITS = 0.02
SCHEDULE_USUAL = 0.07
WEBHOOK_UNSAID = -0.15
SCHEDULE_UNFIT = -0.12
SCHEDULE_LACKS = -0.08
FILE_USUAL = 0.05
FILE_UNUSUAL = -0.08
ABOUT_MISSING = -0.18
SHARED = 0.5
SERVICE_NAMED = 0.08
SERVICE_ELSEWHERE = -0.25
QUESTION = -0.25
QUESTION_WITH_VALUES = -0.03
NO_VERB = -0.08
SAME_ASK = 0.97
"""A message that is one of the template's own asks, give or take its values."""

LEARNED = 0.75
"""At least this for a message that differs only in its values from one that led to a yes for this template, and for one that
calls a saved template by its name."""

NAME_RATIO = 82.0
"""From this likeness (0 to 100) a name is taken for the one of a saved workflow, a parameter, an option."""

LOOSE_NAME_RATIO = 70.0
"""Enough when only a few names are on offer, as in a question with buttons."""

TELLING = 0.2
"""Terms of less weight (small words, times) are not counted."""

SYNONYM = 0.8
"""What a word counts that the template knows only by a synonym."""

GUESSED = 0.9
GUESSED_FIRM = 0.3
"""How much the words of a left-over value count against a template, without and with values that their form told."""

THIN = 1.2
"""Fewer known words than this explain half as much, unless the message begins like a request."""

OTHER_VERB = 0.4
"""A verb of doing that the template does not use ("shoot an email") says little against it."""

PART = 0.5
"""From here a part of a sentence is a block, so that a workflow may be composed of it."""

PART_UNUSED = -0.15
"""A block that has no place for an address, a channel or a file that a part names is hardly meant."""

PART_NEAR = 0.12
"""Blocks within this distance of the best fit a part as well; the one that goes on from what came before is taken."""

EXPLAINED = 0.8
"""A template whose words explain this part of a message goes before a composed workflow."""

COMPOSED_LEAD = 0.15
"""A composed workflow that is so much surer than a template is taken all the same."""

TRIGGER_EXPLAINED = 0.6
"""A trigger must explain this part of what is said of it."""
