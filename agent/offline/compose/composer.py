"""Composes a workflow for a wish that no template covers: each part of the sentence must be one block for sure.

Uses the same retrieval and evidence as for templates. Acts on nothing; where a part is unclear, nothing is composed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import JsonValue

from agent.command import Candidate, Start
from agent.offline import calibration
from agent.offline.command import command_part
from agent.offline.compose.clause import Clause, Split, part_of, splits
from agent.offline.evidence import Evidence, Weighed
from agent.offline.left_out import left_out
from agent.offline.lexicon.words import alternation, clause_words
from agent.offline.sentence import Sentence
from agent.offline.value.channel import named_surface
from agent.offline.value.emoji import formed_emoji
from agent.offline.value.fill import Filled
from catalog.block import Block
from catalog.retrieval.port import Retriever
from catalog.retrieval.words import Words
from catalog.wiring import Part, compose
from catalog.workflow import TriggerChoice

_BLOCKS_LOOKED_AT = 6
_SCHEDULE, _NOW = "time.schedule", "time.now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One part of the sentence and the block that it means."""

    block: Block
    sentence: Sentence
    filled: Filled
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What would be started, named by its blocks; the score is that of the least sure part. `is_plain`: one thing to be
    done by hand or at a time. `asks_where`: the surface was named, not the channel, which is therefore asked for.
    """

    start: Start
    match: Candidate
    allowed: Sequence[TriggerChoice]
    is_plain: bool
    asks_where: bool


class Composer:
    """Knows the blocks. Built once."""

    def __init__(self, blocks: Mapping[str, Block], retriever: Retriever, words: Words | None = None) -> None:
        self._blocks = blocks
        self._retriever = retriever
        self._words = words
        self._templates = {block.id: block.as_template() for block in blocks.values()}
        self._evidence: dict[bool, Evidence] = {}

    def learn(self) -> None:
        """Learn the blocks' words, of triggers and of actions apart. Takes some time; `compose` needs it."""
        for is_trigger in (True, False):
            known = {one: self._templates[one] for one, block in self._blocks.items() if block.is_trigger == is_trigger}
            self._evidence[is_trigger] = Evidence(known, self._words)

    @property
    def services(self) -> frozenset[str]:
        """The names of all services that a block is for."""
        return frozenset(service.lower() for block in self._blocks.values() for service in block.services)

    async def compose(self, sentence: Sentence) -> Composition | None:
        """The workflow that a sentence describes; none when it is no such sentence, or a part of it is unclear."""
        for split in splits(sentence):
            if found := await self._read(sentence, split):
                return found
        return None

    async def _read(self, sentence: Sentence, split: Split) -> Composition | None:
        is_one_now = split.trigger is None and sentence.spoken is None and len(split.actions) == 1
        is_one_now = is_one_now and (not named_surface(sentence) or _names_person(sentence))
        trigger = None if is_one_now else await self._trigger(sentence, split)
        actions = await self._readings(sentence, split.actions, trigger) if trigger else []
        return _composition(sentence, trigger, actions) if trigger and actions else None

    async def _trigger(self, sentence: Sentence, split: Split) -> Reading | None:
        if split.trigger is not None:
            return await self._reading(part_of(sentence, (split.trigger,)), ())
        block = self._blocks.get(_SCHEDULE if sentence.spoken else _NOW)
        if block is None:
            return None
        return Reading(block=block, sentence=sentence, filled=Filled(), score=1.0)

    async def _readings(self, sentence: Sentence, clauses: Sequence[Clause], trigger: Reading) -> list[Reading]:
        """A block for each part. One that means none by itself belongs to the one before; empty: not all are clear."""
        found: list[Reading] = [trigger]
        whole: Clause = ()
        for clause in clauses:
            reading = await self._reading(part_of(sentence, clause), found)
            if reading is None and len(found) > 1:
                found.pop()
                whole = (*whole[:-1], (whole[-1][0], clause[0][1]), *clause[1:])
                reading = await self._reading(part_of(sentence, whole), found)
            else:
                whole = clause
            if reading is None:
                return []
            found.append(reading)
        return found[1:]

    async def _reading(self, clause: Sentence, before: Sequence[Reading]) -> Reading | None:
        """The block that a part means, after those before it; with none before it is the trigger."""
        is_trigger = not before
        if self._evidence[is_trigger].unserved(clause.masked, self.services):
            return None
        matches = await self._retriever.search(command_part(clause)[: calibration.LOOKED_AT], limit=_BLOCKS_LOOKED_AT)
        weighed = [
            self._evidence[is_trigger].weigh_part(self._templates[match.template_id], clause, match.score)
            for match in matches
            if match.template_id in self._blocks and self._blocks[match.template_id].is_trigger == is_trigger
        ]
        if is_trigger:  # what it leaves unexplained would be a condition that nobody keeps
            weighed = [
                one for one in weighed if one.coverage >= calibration.TRIGGER_EXPLAINED and _is_awaited(one, clause)
            ]
        best = max((one.score for one in weighed), default=0.0)
        if best < calibration.PART:
            return None
        handed: Collection[str] = next(
            (reading.block.gives.keys() for reading in reversed(before) if reading.block.gives), ()
        )
        near = [one for one in weighed if one.score >= best - calibration.PART_NEAR]
        chosen = max(near, key=lambda one: (self._continues(one.template.id, handed), one.score))
        return Reading(
            block=self._blocks[chosen.template.id], sentence=clause, filled=chosen.filled, score=chosen.score
        )

    def _continues(self, block_id: str, handed: Collection[str]) -> bool:
        """Whether a block is made for what was handed over last: “e-mail it” after a file was made sends the file."""
        block = self._blocks[block_id]
        return any(want in handed for name in block.inputs for want in block.takes[name] if want == "file")


def _is_awaited(weighed: Weighed, clause: Sentence) -> bool:
    """Whether it happens by itself, and every address and emoji that was said has a place in it."""
    filled = weighed.filled
    has_emoji = any(parameter.kind == "emoji" for parameter in weighed.template.parameters.values())
    is_left = not has_emoji and bool(formed_emoji(clause))
    return weighed.template.trigger.allowed[0] in ("event", "webhook") and not filled.unused and not is_left


def _composition(sentence: Sentence, trigger: Reading, actions: Sequence[Reading]) -> Composition | None:
    values = [trigger.filled.values, *(_values(reading, trigger) for reading in actions)]
    parts = [
        Part(block=reading.block, given=given.keys(), asked=_asked(reading, given))
        for reading, given in zip((trigger, *actions), values, strict=True)
    ]
    composed = compose(parts[0], parts[1:])
    if composed is None:
        return None
    named = {
        names[name]: value
        for names, given in zip(composed.names, values, strict=True)
        for name, value in given.items()
        if name in names
    }
    spoken = sentence.spoken if composed.template.trigger.takes_schedule else None
    start = Start(
        template_id=composed.template.id,
        template=composed.template,
        values=named,
        schedule=spoken.schedule if spoken else None,
        needs_time=bool(spoken and spoken.is_partial),
        text=sentence.text.original,
        left_out=tuple(part for one in actions for part in left_out(composed.template, one.filled, one.sentence)),
    )
    score = min(reading.score for reading in (trigger, *actions))
    name = f"composed:{'+'.join(reading.block.id for reading in (trigger, *actions))}"
    return Composition(
        start=start,
        match=Candidate(template_id=name, score=round(max(0.0, min(1.0, score)), 4)),
        allowed=composed.template.trigger.allowed,
        is_plain=len(actions) == 1 and trigger.block.id in (_SCHEDULE, _NOW),
        asks_where=any(part.asked for part in parts),
    )


def _values(reading: Reading, trigger: Reading) -> dict[str, JsonValue]:
    """What was said for an action. What is only left over stands for what comes from before, where something does."""
    filled = reading.filled
    values: dict[str, JsonValue] = {}
    for name, value in filled.values.items():
        is_handed_over = name in reading.block.takes and (name in filled.guessed and bool(trigger.block.gives))
        is_text = reading.block.parameters[name].kind in {"text", "long_text"}
        if not is_handed_over and not (is_text and _is_reference(value)):
            values[name] = _on_surface(value, reading)
    return values


def _is_reference(value: JsonValue) -> bool:
    """Whether a text only points at something: “it”, “the link and the title”."""
    words = re.findall(r"[\w'-]+", value.lower()) if isinstance(value, str) else ["?"]
    return all(word in clause_words().references or word in {"and", "to", "in"} for word in words)


def _on_surface(value: JsonValue, reading: Reading) -> JsonValue:
    """A channel with the surface that was named: “#ops in Slack”."""
    surface = _surface(reading)
    is_channel = isinstance(value, str) and value.startswith("#")
    return f"{surface}:{value}" if surface and is_channel else value


def _asked(reading: Reading, given: Mapping[str, JsonValue]) -> list[str]:
    """The channel must be known where a surface is named: posting here instead would not be what was said."""
    channels = [name for name, parameter in reading.block.parameters.items() if parameter.kind == "channel"]
    is_left_open = bool(_surface(reading)) and not _names_person(reading.sentence)
    return [name for name in channels if name not in given and is_left_open]


def _names_person(sentence: Sentence) -> bool:
    """Whether it speaks to somebody, so that no channel is missing."""
    return any(span.kind == "mention" for span in sentence.spans)


def _surface(reading: Reading) -> str:
    if not any(parameter.kind == "channel" for parameter in reading.block.parameters.values()):
        return ""
    match = _surfaces().search(reading.sentence.masked)
    return next((name for name in clause_words().surfaces if match and match[name]), "")


@cache
def _surfaces() -> re.Pattern[str]:
    named = (f"(?P<{name}>{alternation(words)})" for name, words in clause_words().surfaces.items())
    return re.compile(rf"\b(?:{'|'.join(named)})\b")
