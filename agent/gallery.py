"""All records that some messages show, read together. Makes no cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.actions import subject_of_form
from agent.workflow_list import owner_of
from catalog.proposal import ProposalContent
from store.port import Records
from store.record import (
    Approval,
    ApprovalRequest,
    DeadLetters,
    JsonObject,
    Person,
    Proposal,
    Run,
    Shows,
    StepAttempt,
    TriggerRecord,
    WorkflowRecord,
    WorkflowVersion,
    reference,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecords:
    """A run with what belongs to it: its workflow's name, the frozen version, the attempts."""

    run: Run
    name: str
    content: ProposalContent
    attempts: Sequence[StepAttempt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Records by id; what belongs to several cards is there once."""

    proposals: Mapping[str, Proposal]
    runs: Mapping[str, Run]
    attempts: Mapping[str, Sequence[StepAttempt]]
    workflows: Mapping[str, WorkflowRecord]
    versions: Mapping[tuple[str, int], WorkflowVersion]
    triggers: Mapping[str, Sequence[TriggerRecord]]
    last_runs: Mapping[str, tuple[Run, int]]
    approval_requests: Mapping[str, ApprovalRequest]
    approvals: Mapping[str, Sequence[Approval]]
    people: Mapping[str, Person]
    dead_letters: Mapping[str, Sequence[DeadLetters]]
    """By person."""
    lists: Mapping[str, Sequence[WorkflowRecord]]
    """By person all their automations, where a list of them is shown."""
    contents: dict[tuple[str, int], ProposalContent] = field(default_factory=dict)

    def content(self, workflow_id: str, version: int) -> ProposalContent | None:
        """A version's content, read once."""
        key = (workflow_id, version)
        if key not in self.contents and key in self.versions:
            self.contents[key] = ProposalContent.model_validate(self.versions[key].content)
        return self.contents.get(key)

    def frozen(self, request: ApprovalRequest) -> ProposalContent | None:
        """The version of the workflow in which something is asked."""
        run = self.runs.get(request.run_id)
        return self.content(run.workflow_id, run.version) if run else None

    def run(self, run_id: str) -> RunRecords | None:
        """A run with what belongs to it."""
        run = self.runs.get(run_id)
        content = self.content(run.workflow_id, run.version) if run else None
        if run is None or content is None:
            return None
        workflow = self.workflows.get(run.workflow_id)
        name = workflow.name if workflow else content.workflow.title
        return RunRecords(run=run, name=name, content=content, attempts=self.attempts.get(run_id, []))


async def read_gallery(records: Records, parts: Sequence[JsonObject]) -> Gallery:
    """Read what the references and edit forms in some parts show: one query for each kind of record there is."""
    shown = _shown(parts)
    gallery = records.gallery
    proposals = await gallery.proposals(shown[Shows.PROPOSAL])
    requests = await gallery.approval_requests(shown[Shows.APPROVAL])
    approvals = await gallery.approvals([one.answered_id for one in requests.values()])
    asking = [one.run_id for one in requests.values()]
    whole = [*shown[Shows.RUN], *shown[Shows.TRACE], *asking]
    dead = {one: await records.dead_letters.of_person(one) for one in dict.fromkeys(shown[Shows.FAILED])}
    owners = dict.fromkeys(map(owner_of, shown[Shows.WORKFLOWS]))
    lists = {one: await records.workflows.of_person(one) for one in owners}
    listed = [workflow.id for each in lists.values() for workflow in each]
    groups = [group for each in dead.values() for group in each]
    runs = await gallery.runs([*whole, *(group.newest_run_id for group in groups)])
    wanted = shown[Shows.WORKFLOW]
    workflows = await gallery.workflows([*wanted, *(run.workflow_id for run in runs.values())])
    keys = [(run.workflow_id, run.version) for run in runs.values()]
    keys += [(workflows[one].id, workflows[one].version) for one in wanted if one in workflows]
    keys += [(workflow.id, workflow.version) for each in lists.values() for workflow in each]
    return Gallery(
        proposals=proposals,
        runs=runs,
        attempts=await gallery.attempts([one for one in whole if one in runs]),
        workflows=workflows,
        versions=await gallery.versions(keys),
        triggers=await gallery.triggers([*wanted, *listed]),
        last_runs=await gallery.last_runs([*wanted, *listed]),
        approval_requests=requests,
        approvals=approvals,
        people=await gallery.people(_people(requests.values(), approvals)),
        dead_letters=dead,
        lists=lists,
    )


async def read_run(records: Records, run_id: str) -> RunRecords | None:
    """One run with what belongs to it; none when it is gone or cannot be read any more."""
    return (await read_gallery(records, [reference(Shows.RUN, run_id)])).run(run_id)


def _people(requests: Iterable[ApprovalRequest], approvals: Mapping[str, Sequence[Approval]]) -> set[str]:
    """Whom the cards of these requests speak of."""
    found = {one.person_id for given in approvals.values() for one in given}
    for request in requests:
        found |= {*request.approvers, *request.handed_over.values()}
        found |= {one for one in (request.edited_by, request.decided_by) if one}
    return found


def _shown(parts: Sequence[JsonObject]) -> dict[Shows, list[str]]:
    """Ids by what they are of. A form shows what it belongs to."""
    shown: dict[Shows, list[str]] = {subject: [] for subject in Shows}
    for part in parts:
        if part.get("kind") == "reference":
            shown[Shows(str(part["subject"]))].append(str(part["id"]))
        elif part.get("kind") == "form" and (subject := subject_of_form(str(part.get("action")))):
            shown[subject[0]].append(subject[1])
    return shown
