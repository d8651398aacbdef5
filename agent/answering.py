"""Answers to approval requests, as people give them: pressed or typed, with a word on what became of it. What counts is
decided in `catalog.decision`.
"""

from __future__ import annotations

from pydantic import JsonValue

from agent import actions
from agent.approval_card import ApprovalRecords, decided_text, label_of, prompt_as_seen
from agent.command import AnswerApproval, EditApproval, HandOver
from agent.gallery import read_gallery
from agent.reply import FormField, FormPart
from agent.scene import Scene
from catalog import decision
from catalog.approver import find_people
from catalog.decision import Answerer, Decision, Refusal
from store.record import ApprovalRequest, Person, RequestState, Shows, reference

_LONGEST_COMMENT = 500
_MOST_LISTED = 30
"""More people than these are not listed in a form."""


async def answer(scene: Scene, command: AnswerApproval) -> None:
    """Take a yes or a no, and say what it did."""
    request = await _meant(scene, command.request_id)
    if request is None or (command.digest is None and await _was_changed(scene, request)):
        return
    decided = await decision.vote(
        scene.records,
        request.id,
        by=_answerer(scene),
        digest=command.digest or request.digest,
        verdict=command.verdict,
        comment=command.comment[:_LONGEST_COMMENT],
    )
    await _tell_others(scene, request.id)
    now = decided.request
    if now is None or decided.refusal:
        await _refuse(scene, decided)
    elif now.state is RequestState.OPEN:
        given = await scene.records.proposals.approvals(now.id)
        scene.say("approval.noted", yeses=len(decision.yeses(now, given)), quorum=now.quorum)
    else:
        await _wake(scene, now)
        scene.say("run.approval_yes" if now.state is RequestState.APPROVED else "run.approval_no")


async def edit(scene: Scene, command: EditApproval) -> None:
    """Show the form with the fields that may be changed, or take over what was filled in."""
    request = await _meant(scene, command.request_id)
    if request is None:
        return
    if scene.person.id not in request.approvers:
        scene.say("approval.refused_not_asked")
    elif not request.editable:
        scene.say("approval.fixed")
    elif request.state is not RequestState.OPEN:
        await _refuse(scene, Decision(request=request, refusal=Refusal.OVER))
    elif command.fields is None:
        scene.add(_form(scene, request, typed={}, errors={}))
        scene.attach(Shows.APPROVAL, request.id)
    else:
        await _take_fields(scene, request, command.digest or "", command.fields)


async def tell_approvers(scene: Scene) -> None:
    """Who may say yes to what waits here: the people an approval step asks, or whoever may decide on the open card."""
    requests = await scene.records.approval_requests.open_in(scene.conversation.id)
    people = await scene.records.gallery.people({one for request in requests for one in request.approvers})
    gallery = await read_gallery(scene.records, [reference(Shows.APPROVAL, one.id) for one in requests])
    for request in requests:
        names = ", ".join(people[one].name for one in request.approvers if one in people)
        what = prompt_as_seen(scene.viewer, request, gallery.frozen(request)).partition("\n")[0]
        key = "approval.who" if request.quorum == 1 else "approval.who_of"
        scene.say(key, what=what, names=names, quorum=request.quorum)
    if scene.state.task is not None and scene.state.task.has_card:
        owner = await scene.records.people.get(scene.conversation.person_id)
        scene.say("approval.who_card", name=owner.name if owner else "?")
    elif not requests:
        scene.say("approval.who_nothing")


async def hand_over(scene: Scene, command: HandOver) -> None:
    """Let somebody else answer instead; without a name it is asked for."""
    request = await _meant(scene, command.request_id)
    if request is None:
        return
    if scene.person.id not in request.approvers:
        scene.say("approval.refused_not_asked")
        return
    if command.to is None:
        scene.add(await _heir_form(scene, request))
        scene.attach(Shows.APPROVAL, request.id)
        return
    people = await find_people(scene.records, command.to)
    if len(people) != 1:
        scene.error("approval.which_person" if people else "approval.no_person", name=command.to)
        return
    decided = await decision.hand_over(scene.records, request.id, by=_answerer(scene), to=people[0])
    await _tell_others(scene, request.id)
    if decided.request is None or decided.refusal:
        await _refuse(scene, decided, name=people[0].name)
        return
    await _wake(scene, decided.request)
    scene.say("approval.handed_over", name=people[0].name)


async def _meant(scene: Scene, request_id: str | None) -> ApprovalRequest | None:
    """The request that is meant; typed words mean the only one that waits here for this person, else it says so."""
    if request_id is not None:
        found = await scene.records.approval_requests.get(request_id)
        if found is None:
            scene.error("approval.unknown")
        return found
    waiting = await waiting_for(scene)
    if not waiting:
        scene.say("card.nothing_to_confirm")
    elif len(waiting) > 1 or scene.state.awaits_yes:
        scene.say("approval.which")
        for one in waiting:
            scene.show(Shows.APPROVAL, one.id)
    else:
        return waiting[0]
    return None


async def waiting_for(scene: Scene) -> list[ApprovalRequest]:
    """The requests shown in this conversation that the speaker may answer."""
    found = await scene.records.approval_requests.open_in(scene.conversation.id)
    return [one for one in found if scene.person.id in one.approvers]


async def _was_changed(scene: Scene, request: ApprovalRequest) -> bool:
    """A typed answer carries no digest: to something that another person has edited it might not be what was read."""
    if request.edited_by in (None, scene.person.id):
        return False
    editor = await scene.records.people.get(request.edited_by or "")
    scene.say("approval.changed_by", name=editor.name if editor else "?")
    scene.show(Shows.APPROVAL, request.id)
    return True


async def _take_fields(scene: Scene, request: ApprovalRequest, digest: str, typed: dict[str, JsonValue]) -> None:
    fields: dict[str, JsonValue] = {}
    errors: dict[str, str] = {}
    for name in request.editable:
        if name in typed:
            fields[name] = _like(request.fields[name], typed[name])
            if fields[name] is None:
                errors[name] = scene.phrases.plain("approval.does_not_fit")
    if errors:
        scene.error("form.wrong")
        scene.add(_form(scene, request, typed=typed, errors=errors))
        scene.attach(Shows.APPROVAL, request.id)
        return
    decided = await decision.edit(scene.records, request.id, by=_answerer(scene), digest=digest, fields=fields)
    await _tell_others(scene, request.id)
    if decided.request is None or decided.refusal:
        await _refuse(scene, decided)
        return
    scene.say("approval.changed")
    scene.show(Shows.APPROVAL, request.id)


def _like(before: JsonValue, typed: JsonValue) -> JsonValue:
    """What was typed as a value of the same type as before; none when it cannot be."""
    if isinstance(before, bool):
        return typed if isinstance(typed, bool) else None
    if isinstance(before, (int, float)):
        return _number(typed, is_whole=isinstance(before, int))
    if isinstance(before, list):
        return [str(one) for one in typed] if isinstance(typed, list) and typed else None
    if before is None or isinstance(before, str):
        return "" if typed is None else str(typed)
    return None


def _number(typed: JsonValue, *, is_whole: bool) -> JsonValue:
    if isinstance(typed, bool):
        return None
    try:
        number = float(typed) if isinstance(typed, (int, float, str)) else None
    except ValueError:
        return None
    if number is None or number != number or abs(number) == float("inf"):  # noqa: PLR0124  # only NaN is not itself
        return None
    return int(number) if is_whole and number.is_integer() else number


def _form(scene: Scene, request: ApprovalRequest, *, typed: dict[str, JsonValue], errors: dict[str, str]) -> FormPart:
    fields = [
        FormField(
            name=name,
            label=label_of(name),
            input=_control(request.fields[name]),
            value=typed.get(name, request.fields[name]),
            is_required=not isinstance(request.fields[name], str),
            error=errors.get(name, ""),
        )
        for name in request.editable
    ]
    return FormPart(
        action=actions.approval("fields", request.id, request.digest),
        title=request.prompt.partition("\n")[0],
        text=scene.phrases("approval.form_intro"),
        fields=fields,
        submit=scene.phrases.plain("button.save"),
    )


def _control(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "checkbox"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, list):
        return "list"
    return "textarea" if isinstance(value, str) and ("\n" in value or len(value) > 80) else "text"  # noqa: PLR2004  # a line


async def _heir_form(scene: Scene, request: ApprovalRequest) -> FormPart:
    """A choice among those who may answer instead; where there are many, their name is typed."""
    left_out = {*request.approvers, *request.excluded}
    names = [one.name for one in await scene.records.people.everyone() if one.id not in left_out]
    is_list = 0 < len(set(names)) == len(names) <= _MOST_LISTED
    field = FormField(
        name="to",
        label=scene.phrases.plain("approval.heir"),
        input="select" if is_list else "text",
        options=names if is_list else [],
        hint="" if is_list else scene.phrases.plain("approval.heir_hint"),
    )
    return FormPart(
        action=actions.approval("heir", request.id, request.digest),
        title=request.prompt.partition("\n")[0],
        fields=[field],
        submit=scene.phrases.plain("button.hand_over"),
    )


async def _refuse(scene: Scene, decided: Decision, *, name: str = "") -> None:
    """Say why it did not count, and who was first."""
    refusal, request = decided.refusal, decided.request
    if request is None or refusal is None or refusal is Refusal.UNKNOWN:
        scene.error("approval.unknown")
    elif refusal is Refusal.OVER:
        scene.say("approval.over", what=decided_text(scene.viewer, await _records(scene, request)))
    else:
        scene.say(f"approval.refused_{refusal.value}", name=name)
        if refusal is Refusal.CHANGED:
            scene.show(Shows.APPROVAL, request.id)


async def _records(scene: Scene, request: ApprovalRequest) -> ApprovalRecords:
    approvals = await scene.records.proposals.approvals(request.id)
    ids = {one.person_id for one in approvals} | {request.decided_by or ""}
    people: dict[str, Person] = await scene.records.gallery.people(ids)
    run = await scene.records.runs.get(request.run_id)
    return ApprovalRecords(request=request, approvals=approvals, people=people, run=run, name="")


def _answerer(scene: Scene) -> Answerer:
    return Answerer(person=scene.person, surface=scene.conversation.surface, at=scene.now)


async def _wake(scene: Scene, request: ApprovalRequest) -> None:
    run = await scene.records.runs.get(request.run_id)
    if run is not None:
        scene.wake(run)


async def _tell_others(scene: Scene, request_id: str) -> None:
    """Whoever shows it looks at it again."""
    await scene.subject_changed(Shows.APPROVAL, request_id)
