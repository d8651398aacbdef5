"""The numbers that decide between a match, a question and nothing; in one place, so that they can be tuned together.

Fitted and looked at with `benchmarks/understanding`; a score is between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Mapping

MATCH = 0.66
"""From here a template is taken without asking which one is meant."""

MATCH_UNASKED = 0.8
"""The same for a message that holds values but does not begin like a request."""

CLARIFY = 0.33
"""From here a template is offered as one of several."""

CLARIFY_UNASKED = 0.6
"""The same for a message that asks something, or begins like no request, and holds no value."""

CLOSE = 0.75
"""Nor when another template's score is at least this part of the best one's: then both are offered."""

NEAR = 0.15
"""Templates whose score is at least this part of the best one's are offered with it."""

SWITCH = 0.62
"""While a question is open, a message must fit another template at least this well to be a new wish."""

LOOKED_AT = 600
"""Characters in which a wish is looked for; what comes later is content."""

OPTIONS = 4
CANDIDATES = 8
"""How many retrieved templates are looked at closely."""

GAP_AT_MOST = 4.0
"""More than this between the nearest template and the next makes it no surer."""

NEARNESS: Mapping[str, float] = {
    "several": 0.98,
    "unused": -1.24,
    "given": 0.4,
    "lacks": -0.69,
    "complete": 0.6,
    "file_usual": 0.84,
    "file_unusual": -0.71,
    "other_means": -4.0,
    "title": 1.56,
    "shared": 1.76,
    "coverage": 3.08,
    "vector": 2.29,
    "lexical": 2.53,
    "event_unsaid": -1.08,
    "time_lacks": -0.43,
    "time_usual": 0.45,
    "time_unfit": -0.1,
}
"""Which of the retrieved templates is nearest. Fitted by `benchmarks.understanding.fit`, as the weights below; but
`other_means`, which is too rare to be learned, says outright that it is another one."""

SURETY: Mapping[str, float] = {
    "unused": -0.84,
    "complete": 0.0,
    "title": 0.05,
    "event_unsaid": 0.26,
    "lacks": 0.63,
    "vector": -0.31,
    "coverage": 1.54,
    "file_unusual": -1.3,
    "verb": 0.29,
    "remark": -1.02,
    "tells": -1.73,
    "question": -0.13,
    "question_with_values": -1.33,
    "typed": 1.38,
    "time": 0.39,
    "firm": 0.06,
    "quoted": 1.15,
    "nearness": 0.29,
    "gap": 0.79,
    "foreign": -2.22,
    "one": -4.5,
}
"""How surely the nearest one is what was meant (logistic)."""

SAID_BEFORE = 6.0
"""How much nearer a template is when the same was said for it before, give or take values."""

SAME_ASK = 0.97
"""At least this sure for a message that is one of the template's own asks."""

SHARED = 0.5
"""What this part of a template's asks have in common is what it is about."""

LEARNED = 0.75
"""The same for one that differs only in its values from one that led to a yes for this template, and for one that calls a
saved template by its name."""

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

RETRIEVAL = 0.5
COVERAGE = 0.5
TYPED_VALUE = 0.05
TYPED_VALUES_AT_MOST = 0.12
SERVICE_NAMED = 0.08
SERVICE_ELSEWHERE = -0.25
"""What speaks for a block in one part of a sentence: what retrieval says, how much of the part its words explain, values."""

PART = 0.5
"""From here a part of a sentence is a block, so that a workflow may be composed of it."""

PART_UNUSED = -0.15
"""A block that has no place for an address, a channel or a file that a part names is hardly meant."""

PART_NEAR = 0.12
"""Blocks within this distance of the best fit a part as well; the one that goes on from what came before is taken."""

EXPLAINED = 0.86
"""A template whose words explain this part of a message goes before a composed workflow."""

UNEXPLAINED = 0.3
"""A further thing to be done, of which a template's words explain less than this, is said to be left out."""

COMPOSED_LEAD = 0.15
"""A composed workflow that is so much surer than a template is taken all the same."""

TRIGGER_EXPLAINED = 0.6
"""A trigger must explain this part of what is said of it."""
