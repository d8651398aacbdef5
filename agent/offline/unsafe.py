"""What is never set up, told from the message alone: addresses inside, paths outside, placeholders for secrets or code.
The worker's guard checks addresses once more when they are reached; nothing here replaces it.
"""

from __future__ import annotations

import re
from typing import Literal

from agent.offline.sentence import Sentence
from tools.guard import AddressGuard

Reason = Literal["unsafe", "address", "placeholder"]

_OUTSIDE = re.compile(r"(?:\.\./){2,}|(?<![\w.])/(?:etc|proc|sys|dev|root)/|~/\.(?:ssh|aws|gnupg|config)\b")
_OTHER_SCHEME = re.compile(r"\b(?:file|ftp|sftp|gopher|dict|ldap|smb|telnet|jar|javascript|data)://")
_BARE_HOST = re.compile(
    r"(?<![\w.@/-])((?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]*:[0-9a-f:.]*\]))(?::\d{1,5})?(?![\w.-])"
)
_PLACEHOLDER = re.compile(
    r"(?:\$?\{\{|\$\{|\#\{|<%|\{%)[^}%]{0,80}?(?:\b(?:env|environ|secrets?|vault|credentials?|config|settings|process|system|"
    r"exec|eval|import|require|file|io|os|self|request|session|api_?keys?|token|passw(?:or)?d)\b|_token|_key|_secret|__|`)",
    re.IGNORECASE,
)


def why_unsafe(sentence: Sentence, guard: AddressGuard) -> Reason | None:
    """Why this is refused whatever is wished; none when nothing speaks against it."""
    links = [s.value for s in sentence.spans if s.kind == "url"]
    paths = [sentence.masked, *(s.value for s in sentence.spans if s.kind == "file")]
    if any("://" in link and not link.lower().startswith(("http://", "https://")) for link in links):
        return "unsafe"
    if _OTHER_SCHEME.search(sentence.masked) or any(map(_OUTSIDE.search, paths)):
        return "unsafe"
    if any(guard.foresees_refusal_of(link) for link in links):
        return "address"
    if any(guard.foresees_refusal(match[1], 80) for match in _BARE_HOST.finditer(sentence.masked)):
        return "address"
    return "placeholder" if _PLACEHOLDER.search(sentence.text.plain) else None
