"""A yes, and what it sets going, in the turn's one transaction; a no; and every late, stale or foreign yes or no."""

from __future__ import annotations

from datetime import datetime

from agent.actions import DIGEST_SHOWN
from agent.command import Confirm
from agent.learning import learn
from agent.moment import show_moment
from agent.phrases import Markdown
from agent.running import start_run
from agent.scene import Scene
from agent.state import Deed, Task
from agent.suggesting import suggest
from agent.switching import switch_off
from agent.webhook import new_secret
from catalog.proposal import ProposalContent
from core.ids import new_id
from store.record import (
    Approval,
    Proposal,
    ProposalState,
    Shows,
    TriggerKind,
    TriggerRecord,
    Verdict,
    WorkflowRecord,
    WorkflowState,
)


async def confirm_button(scene: Scene, command: Confirm) -> Task | None:
    """A press of Run. Returns the task that has to ask again, if the card can no longer be carried out."""
    proposal = await scene.records.proposals.get(command.proposal_id or "")
    if proposal is None or proposal.conversation_id != scene.conversation.id:
        scene.error("stale.unknown_card")
        return None
    if proposal.state is not ProposalState.OPEN or command.digest not in (
        proposal.digest,
        proposal.digest[:DIGEST_SHOWN],
    ):
        await answer_stale(scene, proposal)
        return None
    return await _approve(scene, proposal)


async def confirm_text(scene: Scene, task: Task) -> Task | None:
    """A typed yes: means the card shown last, and only while that is what it was when it was shown."""
    proposal = await scene.records.proposals.get(task.proposal_id or "")
    if proposal is None:
        scene.error("stale.unknown_card")
        return None
    if proposal.state is not ProposalState.OPEN or proposal.digest != task.digest:
        _forget(scene, proposal.id)
        await answer_stale(scene, proposal)
        return None
    return await _approve(scene, proposal)


async def decline(scene: Scene, proposal_id: str) -> None:
    """Take a card out of use because somebody said no to it."""
    proposal = await scene.records.proposals.get(proposal_id)
    if proposal is None or proposal.conversation_id != scene.conversation.id:
        scene.error("stale.unknown_card")
        return
    if not scene.may_decide(proposal.person_id):
        scene.error("card.not_yours")
        return
    _forget(scene, proposal_id)
    if not await scene.records.proposals.move(proposal_id, expected=ProposalState.OPEN, to=ProposalState.DECLINED):
        await answer_stale(scene, proposal)
        return
    await _record(scene, proposal, Verdict.NO)
    scene.say("card.declined")


async def answer_stale(scene: Scene, proposal: Proposal) -> None:
    """Say what became of a card that can no longer be answered, and show what is current."""
    current = await scene.records.proposals.get(proposal.id) or proposal
    match current.state:
        case ProposalState.APPROVED:
            scene.say("stale.approved")
        case ProposalState.DECLINED:
            scene.say("stale.declined")
        case ProposalState.SUPERSEDED | ProposalState.OPEN:
            scene.say("stale.superseded")
            task = scene.state.task
            if task is not None and task.has_card and task.proposal_id:
                scene.show(Shows.PROPOSAL, task.proposal_id)


async def _approve(scene: Scene, proposal: Proposal) -> Task | None:
    content = ProposalContent.model_validate(proposal.content)
    task = scene.state.task_of(proposal.id)
    if not scene.may_decide(proposal.person_id):
        scene.error("card.not_yours")
        return None
    if content.digest() != proposal.digest:
        scene.error("stale.unknown_card")
        return None
    if content.schedule is not None and not content.schedule.next_times(scene.now, 1):
        scene.error("card.time_passed")
        if task is not None:
            task.schedule, task.asked, task.trigger = None, None, "schedule"
        return task
    if not await _has_accounts(scene, content):
        scene.error("card.account_gone")
        return task
    if not await scene.records.proposals.move(proposal.id, expected=ProposalState.OPEN, to=ProposalState.APPROVED):
        await answer_stale(scene, proposal)
        return None
    await _record(scene, proposal, Verdict.YES)
    _forget(scene, proposal.id)
    await _set_going(scene, proposal, content)
    await learn(scene, task)
    return None


async def _has_accounts(scene: Scene, content: ProposalContent) -> bool:
    found = [await scene.records.connections.get(one) for one in content.connections.values()]
    return None not in found


async def _record(scene: Scene, proposal: Proposal, verdict: Verdict) -> None:
    approval = Approval(
        id=new_id("apv"),
        subject_id=proposal.id,
        digest=proposal.digest,
        verdict=verdict,
        person_id=scene.person.id,
        surface=scene.conversation.surface,
        at=scene.now,
    )
    await scene.records.proposals.add_approval(approval)
    verb = "approve" if verdict is Verdict.YES else "decline"
    await scene.audit(verb, proposal.id, digest=proposal.digest)
    await scene.subject_changed(Shows.PROPOSAL, proposal.id)


def _forget(scene: Scene, proposal_id: str) -> None:
    task = scene.state.task_of(proposal_id)
    if task is not None:
        scene.state.remove(task)


async def _set_going(scene: Scene, proposal: Proposal, content: ProposalContent) -> None:
    workflows = scene.records.workflows
    await workflows.set_state(content.workflow_id, WorkflowState.ACTIVE, at=scene.now)
    workflow = await workflows.get(content.workflow_id)
    if workflow is None:
        raise LookupError(f"{proposal.id} has no workflow")
    scene.state.last_workflow_id, scene.state.last_schedule = workflow.id, content.schedule
    if content.trigger == "manual":
        scene.say("card.running")
        run = await start_run(scene, workflow, version=content.version, digest=proposal.digest)
        await suggest(scene, workflow, content)
        deed = Deed(verb="begin", workflow_id=workflow.id, run_id=run.id)
    else:
        await _add_trigger(scene, workflow, content)
        deed = Deed(verb="begin", workflow_id=workflow.id)
    scene.state.note(await _with_replaced(scene, proposal, deed))
    scene.workflow_changed(workflow)


async def _with_replaced(scene: Scene, proposal: Proposal, deed: Deed) -> Deed:
    """The automation that this one replaces stops in the same moment, and is noted with what was done."""
    replaced = await scene.records.workflows.get(str(proposal.shown.get("replaces") or ""))
    if replaced is None or not scene.may_decide(replaced.person_id):
        return deed
    await switch_off(scene, replaced, WorkflowState.DELETED, "replace", proposal=proposal.id)
    return deed.model_copy(update={"replaced": replaced.id, "before": replaced.state.value})


async def _add_trigger(scene: Scene, workflow: WorkflowRecord, content: ProposalContent) -> None:
    schedule = content.schedule
    is_polled = content.trigger == "event" and schedule is not None
    kind = TriggerKind.POLL if is_polled else TriggerKind(content.trigger)
    trigger = TriggerRecord(
        id=new_id("trg"),
        workflow_id=workflow.id,
        kind=kind,
        config=schedule.model_dump(mode="json") if schedule else {},
        is_active=True,
        created_at=scene.now,
        next_at=_first_time(scene, content),
        secret=new_secret() if kind is TriggerKind.WEBHOOK else None,
    )
    await scene.records.triggers.add(trigger)
    if kind in (TriggerKind.POLL, TriggerKind.EVENT):
        scene.say("card.watching" if kind is TriggerKind.POLL else "card.listening")
    elif trigger.next_at is not None:
        scene.say("card.scheduled", at=show_moment(trigger.next_at, scene.zone, scene.now, scene.phrases))
    elif trigger.secret is not None:
        url = webhook_url(scene.knowledge.public_url(), trigger.secret)
        scene.say("card.webhook", url=Markdown(url), example=Markdown(curl_example(url)))
    else:
        scene.say("card.saved")
    scene.show(Shows.WORKFLOW, workflow.id)


def _first_time(scene: Scene, content: ProposalContent) -> datetime | None:
    """When the trigger is due first. The first look is taken at once: all that comes after it is new."""
    if content.schedule is None:
        return None
    return scene.now if content.trigger == "event" else content.schedule.next_times(scene.now, 1)[0]


def webhook_url(public_url: str, secret: str) -> str:
    """The address that starts a workflow."""
    return f"{public_url.rstrip('/')}/hooks/{secret}"


def curl_example(url: str) -> str:
    """A command that tries a webhook out."""
    return f"curl -X POST '{url}' -H 'Content-Type: application/json' -d '{{\"hello\": \"world\"}}'"
