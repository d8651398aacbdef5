"""A template that watches something and tells of it in chat, told by e-mail instead or besides. Reads no sentence and runs nothing.

Only what is told when it comes to that is told elsewhere, and where people may choose the place: a step with an `if` whose
channel is an optional parameter. Where posting is what a template is for, another one mails.
"""

from __future__ import annotations

import re

from pydantic import JsonValue

from catalog.workflow import Parameter, Step, Template

_POST, _MAIL = "chat.post", "email.send"
_CHANNEL = re.compile(r"\$\{\{\s*params\.(\w+)\s*\}\}")
_EXPRESSION = re.compile(r"(\$\{\{.*?\}\})", re.DOTALL)
_MARKUP = re.compile(r"\*\*|^> ?", re.MULTILINE)
_LINKED = re.compile(r"\s*\|\s*file_link\b")
_RECIPIENT = Parameter(kind="emails", ask="Who should get the e-mail?", label="E-mail to", words=["to"])
_ANYWHERE = "here or in a channel"
_SERVICES = ("smtp", "gmail", "outlook")


def can_be_mailed(template: Template) -> bool:
    """Whether it watches something and tells of it in a place that is left open, and has to do with no mail itself."""
    knows_mail = any(p.kind in {"email", "emails"} for p in template.parameters.values())
    knows_mail = knows_mail or any(step.uses.startswith(("email.", "mail.")) for step in template.steps)
    return bool(_posts(template)) and len(template.steps) > len(_posts(template)) and not knows_mail


def mailed(template: Template, *, beside_chat: bool) -> Template:
    """The same automation that tells by e-mail; `beside_chat`: in chat too."""
    name = next(one for one in ("mail_to", "told_by_mail") if one not in template.parameters)
    posts = _posts(template)
    channels = {posts[step] for step in posts}
    kept = {key: one for key, one in template.parameters.items() if beside_chat or key not in channels}
    mails = {step.id: _mail(template, step, name, is_beside=beside_chat) for step in template.steps if step.id in posts}
    steps = [*template.steps, *mails.values()] if beside_chat else [mails.get(one.id, one) for one in template.steps]
    return template.model_copy(
        update={
            "summary": template.summary.replace(
                _ANYWHERE, f"{_ANYWHERE} and by e-mail" if beside_chat else "by e-mail"
            ),
            "parameters": {**kept, name: _RECIPIENT},
            "steps": steps,
            "services": list(dict.fromkeys((*template.services, *_SERVICES))),
            "sample": {**{k: v for k, v in template.sample.items() if k in kept}, name: ["ana@example.com"]},
        }
    )


def _posts(template: Template) -> dict[str, str]:
    """The steps that post where the person wants it when it comes to that, and the parameters that say where."""
    found = {}
    for step in template.steps:
        match = _CHANNEL.fullmatch(str(step.with_.get("to", ""))) if step.uses == _POST and step.if_ else None
        parameter = template.parameters.get(match[1]) if match else None
        if match and parameter is not None and parameter.kind == "channel" and not parameter.is_required:
            found[step.id] = match[1]
    return found


def _mail(template: Template, step: Step, name: str, *, is_beside: bool) -> Step:
    """The step that mails what a step posts; beside it, it waits for the same and stands at the end."""
    text = str(step.with_.get("text", ""))
    change: dict[str, object] = {
        "uses": _MAIL,
        "with_": {"to": f"${{{{ params.{name} }}}}", "subject": _subject(text, template.title), "body": _plain(text)},
    }
    if is_beside:
        at = template.steps.index(step)
        needs = step.needs if step.needs is not None else [one.id for one in template.steps[max(0, at - 1) : at]]
        change |= {"id": f"{step.id[:34]}_mail", "needs": needs, "title": ""}
    return step.model_copy(update=change)


def _plain(text: str) -> JsonValue:
    """A text for chat without the marks of chat; what expressions give stays, but for links into the panel."""
    pieces = (
        _LINKED.sub("", piece) if piece.startswith("${{") else _MARKUP.sub("", piece)
        for piece in _EXPRESSION.split(text)
    )
    return "".join(pieces)


def _subject(text: str, title: str) -> str:
    """The first line, where it has words of its own; else what the automation is called."""
    line = str(_plain(text)).strip().split("\n", 1)[0]
    own = _EXPRESSION.sub("", line)
    return line if re.search(r"\w{2}", own) else title
