"""The stores of connections, cards, audit events and memory, on each database."""

from __future__ import annotations

from dataclasses import replace

from store.record import AuditEvent, Card, Connection, Shows
from tests.contract.store.world import LATER, NOON, SOON, World, message

CONNECTION = Connection(
    id="con_1",
    person_id="usr_1",
    connector="smtp",
    name="Work mail",
    public={"host": "mail.example.org", "port": "465"},
    secret=bytes(range(256)),
    created_at=NOON,
    updated_at=NOON,
)


async def test_a_connection_is_saved_replaced_and_deleted(world: World) -> None:
    changed = replace(CONNECTION, name="Mail", secret=b"other", updated_at=LATER)
    async with world.store.begin() as records:
        await records.connections.save(CONNECTION)
        assert await records.connections.get("con_1") == CONNECTION
        await records.connections.save(changed)
        assert await records.connections.get("con_1") == changed
        assert await records.connections.everyone() == [changed]
        await records.connections.delete("con_1")
        assert await records.connections.get("con_1") is None


async def test_the_newest_connection_of_a_connector_is_found(world: World) -> None:
    newer = replace(CONNECTION, id="con_0", created_at=LATER)
    other = replace(CONNECTION, id="con_2", connector="imap", created_at=SOON)
    async with world.store.begin() as records:
        for each in (CONNECTION, newer, other):
            await records.connections.save(each)
        assert await records.connections.find("usr_1", "smtp") == newer
        assert await records.connections.find("usr_1", "imap") == other
        assert await records.connections.find("usr_1", "sql") is None
        assert await records.connections.find("usr_2", "smtp") is None
        assert await records.connections.of_person("usr_1") == [CONNECTION, other, newer]
        assert await records.connections.of_person("usr_2") == []


async def test_cards_are_found_by_what_they_show(world: World) -> None:
    async with world.store.begin() as records:
        for number in (1, 2):
            await records.conversations.append(message(id=f"msg_{number}"))
        first = Card(subject=Shows.RUN, subject_id="run_1", surface="web", conversation_id="cnv_1", message_id="msg_1")
        second = replace(first, surface="slack", message_id="msg_2", external_id="170.01")
        other = replace(first, subject=Shows.WORKFLOW)
        for card in (first, second, other):
            await records.cards.add(card)
        assert await records.cards.of_subject(Shows.RUN, "run_1") == [first, second]
        assert await records.cards.of_subject(Shows.WORKFLOW, "run_1") == [other]
        assert await records.cards.of_subject(Shows.RUN, "run_2") == []


async def test_a_card_added_again_gets_its_name_on_the_surface(world: World) -> None:
    async with world.store.begin() as records:
        await records.conversations.append(message(id="msg_1"))
        card = Card(subject=Shows.RUN, subject_id="run_1", surface="slack", conversation_id="cnv_1", message_id="msg_1")
        await records.cards.add(card)
        await records.cards.add(replace(card, external_id="170.01"))
        assert await records.cards.of_subject(Shows.RUN, "run_1") == [replace(card, external_id="170.01")]


async def test_audit_events_come_oldest_first(world: World) -> None:
    event = AuditEvent(
        id="aud_1", at=LATER, person_id="usr_1", verb="approved", subject_id="prp_1", detail={"digest": "a" * 64}
    )
    earlier = replace(event, id="aud_2", at=NOON, person_id=None, verb="proposed")
    async with world.store.begin() as records:
        for each in (event, earlier, replace(event, id="aud_3", subject_id="prp_2")):
            await records.audit.add(each)
        assert await records.audit.of_subject("prp_1") == [earlier, event]


async def test_memory_keeps_the_last_value_of_each_key(world: World) -> None:
    async with world.store.begin() as records:
        assert await records.memory.get("wfl_1", "seen") is None
        await records.memory.put("wfl_1", "seen", {"ids": [1, 2]}, at=NOON)
        await records.memory.put("wfl_2", "seen", "other", at=NOON)
        await records.memory.put("wfl_1", "seen", ["three"], at=LATER)
        assert await records.memory.get("wfl_1", "seen") == ["three"]
        assert await records.memory.get("wfl_2", "seen") == "other"
        await records.memory.put("wfl_1", "seen", None, at=LATER)
        assert await records.memory.get("wfl_1", "seen") is None
