"""Where values end, and values that only their form or their place tells."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import yaml

from agent.offline.command import command_part, only_tells
from agent.offline.left_out import left_out
from agent.offline.sentence import Sentence, read_sentence
from agent.offline.value.fill import fill
from catalog.workflow import Template
from tests.unit.agent_offline.little import TEMPLATES

NOW, ZONE = datetime(2026, 12, 2, 10, tzinfo=UTC), ZoneInfo("UTC")

_TEMPLATES = """
- id: csv.count
  title: Count rows
  parameters:
    file: {kind: file, ask: "File?", words: [in, of]}
    group_by: {kind: list, ask: "By?", words: [by, per, each]}
- id: csv.filter
  title: Keep rows
  parameters:
    file: {kind: file, ask: "File?", words: [of, from, in]}
    column: {kind: text, ask: "Column?", words: [where]}
    operator: {kind: choice, default: equals, options: [equals, contains], words: [comparison]}
    value: {kind: text, ask: "Value?", words: [is, equals, contains]}
- id: files.watch
  title: Watch a folder
  parameters:
    folder: {kind: text, ask: "Folder?", words: [folder, in]}
    channel: {kind: channel, default: null, words: [to, in, tell]}
- id: files.list
  title: List files
  parameters:
    pattern: {kind: text, default: "*", words: [like]}
- id: chat.watch
  title: Watch for a word
  parameters:
    keyword: {kind: text, ask: "Word?", words: [word, says]}
    channel: {kind: channel, ask: "Where?", words: [in]}
- id: chat.answer
  title: Answer a word
  parameters:
    keyword: {kind: text, ask: "Word?", words: [write]}
    message: {kind: long_text, ask: "Text?", words: [answer with]}
- id: chat.agenda
  title: Agenda
  parameters:
    meeting: {kind: text, ask: "Meeting?", words: [for]}
    topics: {kind: list, ask: "Topics?", words: [topics]}
- id: chat.post
  title: Post
  parameters:
    message: {kind: long_text, ask: "Text?", words: [message, saying]}
    channel: {kind: channel, default: null, words: [in]}
- id: sql.post
  title: Query
  parameters:
    query: {kind: long_text, ask: "Query?", words: [query, run]}
    channel: {kind: channel, default: null, words: [in]}
- id: pay.remind
  title: Remind of an invoice
  parameters:
    to: {kind: emails, ask: "Who?", words: [to]}
    invoice: {kind: text, ask: "Invoice?", words: [invoice]}
    amount: {kind: text, default: "", words: [amount, over]}
- id: mail.pass
  title: Pass mail on
  parameters:
    sender: {kind: email, default: null, words: [from]}
    recipient: {kind: email, default: null, words: [to]}
- id: web.value
  title: Tell a value
  parameters:
    url: {kind: url, ask: "Where?", words: [from]}
    expression: {kind: text, default: "@", words: [value]}
"""

_MORE = {
    "summary": "For tests.",
    "category": "data",
    "asks": ["do it now", "do it please", "do it here", "do it again"],
}
OWN = {
    one["id"]: Template.model_validate(
        _MORE | one | {"steps": [{"id": "post", "uses": "chat.post", "with": {"text": "x"}}]}
    )
    for one in yaml.safe_load(_TEMPLATES)
} | TEMPLATES


def read(text: str, language: str = "en") -> Sentence:
    return read_sentence(text, NOW, ZONE, language)


@pytest.mark.parametrize(
    ("template", "text", "values"),
    [
        ("email.send", "mail a@x.example with the subject Bus and the text it leaves at 8", {"to": ["a@x.example"], "subject": "Bus", "body": "it leaves at 8"}),
        ("email.send", "email a@x.example subject Oil: please come next week", {"to": ["a@x.example"], "subject": "Oil", "body": "please come next week"}),
        ("email.send", "would you mind emailing a@x.example that the keys are here?", {"to": ["a@x.example"], "body": "the keys are here"}),
        ("email.send", "write a@x.example a mail: the parts are here, please come by", {"to": ["a@x.example"], "body": "the parts are here, please come by"}),
        ("csv.count", "count rows.csv per city", {"file": "rows.csv", "group_by": ["city"]}),
        ("csv.count", "count rows.csv by city then street", {"file": "rows.csv", "group_by": ["city", "street"]}),
        ("csv.filter", "keep rows of a.csv where country equals DE", {"file": "a.csv", "operator": "equals", "column": "country", "value": "DE"}),
        ("files.watch", "new files in folder scans -> tell #ops", {"folder": "scans", "channel": "#ops"}),
        ("files.watch", "watch the scans folder and say so in #ops", {"folder": "scans", "channel": "#ops"}),
        ("files.list", "show all *.pdf files", {"pattern": "*.pdf"}),
        ("chat.watch", "tell me if outage is mentioned in #help", {"keyword": "outage", "channel": "#help"}),
        ("chat.answer", "whenever I write lunch answer with 'soup'", {"keyword": "lunch", "message": "soup"}),
        ("chat.agenda", "agenda for the sync: budget, hiring and plans", {"meeting": "the sync", "topics": ["budget", "hiring", "plans"]}),
        ("chat.post", "post `select a from b` in #ops", {"channel": "#ops"}),
        ("sql.post", "run select a from b and post it in #ops", {"query": "select a from b", "channel": "#ops"}),
        ("sql.post", "run select a from b where c = 1 and check = 2", {"query": "select a from b where c = 1 and check = 2"}),
        ("pay.remind", "tell a@x.example that invoice R-7 over 1,250 EUR is unpaid", {"to": ["a@x.example"], "invoice": "R-7", "amount": "1,250 EUR"}),
        ("mail.pass", "forward mails from a@x.example to b@x.example", {"sender": "a@x.example"}),
        ("mail.pass", "mails from a@x.example to b@x.example", {"sender": "a@x.example", "recipient": "b@x.example"}),
        ("web.value", "tell me the value main.temp from https://x.example", {"url": "https://x.example", "expression": "main.temp"}),
    ],
)  # fmt: skip
def test_a_value_ends_where_the_next_part_of_the_sentence_begins(
    template: str, text: str, values: dict[str, object]
) -> None:
    assert fill(OWN[template], read(text)).values == values


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "schick eine mail an a@x.example mit dem betreff Bus und dem text Er kommt"),
        ("es", "envía un correo a a@x.example con el asunto Bus y el texto Er kommt"),
        ("fr", "envoie un mail à a@x.example avec pour objet Bus et pour texte Er kommt"),
        ("zh", "给 a@x.example 发邮件，主题是Bus，内容是Er kommt"),
    ],
)
def test_the_word_between_two_values_belongs_to_neither_in_any_language(language: str, text: str) -> None:
    assert fill(OWN["email.send"], read(text, language)).values == {
        "to": ["a@x.example"],
        "subject": "Bus",
        "body": "Er kommt",
    }


def test_a_text_after_its_subject_keeps_its_times() -> None:
    sentence = read("mail a@x.example subject Bus and the text it goes tomorrow at 7")
    assert sentence.spoken is None


def test_a_question_keeps_its_day() -> None:
    assert read("ask for approval: can we ship it today").spoken is None


def test_two_hours_and_a_half_are_one_length() -> None:
    spoken = read("remind me in two and a half hours to call").spoken
    assert spoken is not None
    assert spoken.schedule.at == datetime(2026, 12, 2, 12, 30, tzinfo=UTC)


def test_what_is_done_otherwise_is_left_out_in_words() -> None:
    text = "post it in #ops, otherwise note it in rest.txt"
    sentence = read(text)
    parts = left_out(OWN["chat.post"], fill(OWN["chat.post"], sentence), sentence)
    assert "otherwise note it in rest.txt" in parts


def test_a_query_is_looked_for_as_one() -> None:
    assert command_part(read("post `select a from b` in #ops")) == "post sql query in #ops"


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("a.csv and b.csv are both wrong", True),
        ("forwarded your mail to a@x.example", True),
        ("sent a.pdf to b@x.example", True),
        ("a.csv to json", False),
        ("forward it to a@x.example", False),
    ],
)
def test_what_somebody_has_done_or_says_of_a_file_is_a_remark(text: str, tells: bool) -> None:
    assert only_tells(read(text).masked) is tells


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("would you mind posting it", "could you post it"),
        ("do you mind making a list", "could you make a list"),
        ("do you mind posting less", "do you mind posting less"),
        ("never mind", "never mind"),
    ],
)
def test_who_is_asked_whether_they_mind_is_asked_for_what_the_verb_says(text: str, read_as: str) -> None:
    assert read(text).low == read_as
