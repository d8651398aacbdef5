"""Groups of people, as owners change them in chat. Asks nobody for anything."""

from __future__ import annotations

from agent.command import ChangeGroup, ShowGroup
from agent.oneself import is_oneself
from agent.reply import ListItem, ListPart
from agent.scene import Scene
from catalog.approver import find_people, group_name
from store.record import GroupMember, Role

_LONGEST_NAME = 60


async def change_group(scene: Scene, command: ChangeGroup) -> None:
    """Add somebody to a group, or take them out of it. Only an owner may."""
    if scene.person.role is not Role.OWNER:
        scene.error("group.not_allowed")
        return
    group = group_name(command.group)[:_LONGEST_NAME]
    is_own = is_oneself(command.person, scene.phrases.language)
    people = [scene.person] if is_own else await find_people(scene.records, command.person)
    if len(people) != 1:
        scene.error("approval.which_person" if people else "approval.no_person", name=command.person)
        return
    person = people[0]
    if command.verb == "add":
        member = GroupMember(group=group, person_id=person.id, added_at=scene.now)
        is_changed = await scene.records.groups.add(member)
    else:
        is_changed = await scene.records.groups.remove(group, person.id)
    if is_changed:
        await scene.audit(f"group-{command.verb}", person.id, group=group)
    scene.say(f"group.{command.verb}_{'done' if is_changed else 'before'}", name=person.name, group=group)
    await show_group(scene, ShowGroup(group=group))


async def show_group(scene: Scene, command: ShowGroup) -> None:
    """Who is in a group; without a name, which groups there are."""
    if command.group is None:
        names = await scene.records.groups.names()
        items = [
            ListItem(title=name, detail=", ".join(one.name for one in await scene.records.groups.members(name)))
            for name in names
        ]
        scene.add(
            ListPart(title=scene.phrases.plain("group.all"), items=items, empty=scene.phrases.plain("group.none"))
        )
        return
    group = group_name(command.group)
    members = await scene.records.groups.members(group)
    scene.add(
        ListPart(
            title=scene.phrases.plain("group.title", group=group),
            items=[ListItem(title=one.name) for one in members],
            empty=scene.phrases.plain("group.empty"),
        )
    )
