"""What is between people: answers that others wait for, groups, and accounts that turn out to be one person's. Passes each
command on to the module that knows it; decides nothing.
"""

from __future__ import annotations

from typing import assert_never

from agent import answering, checking, grouping, linking, showing
from agent.command import AnswerApproval, AnswerCheck, ChangeGroup, EditApproval, HandOver, Link, ShowGroup, ShowValues
from agent.scene import Scene

AmongPeople = AnswerCheck | AnswerApproval | EditApproval | HandOver | ShowValues | ChangeGroup | ShowGroup | Link


async def apply(scene: Scene, command: AmongPeople) -> None:
    match command:
        case AnswerCheck():
            await checking.answer(scene, command)
        case AnswerApproval():
            await answering.answer(scene, command)
        case EditApproval():
            await answering.edit(scene, command)
        case HandOver():
            await answering.hand_over(scene, command)
        case ShowValues():
            await showing.show_values(scene, command)
        case ChangeGroup():
            await grouping.change_group(scene, command)
        case ShowGroup():
            await grouping.show_group(scene, command)
        case Link():
            await linking.link(scene, command)
        case _:
            assert_never(command)
