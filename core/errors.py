"""Every error that Errand raises on purpose, in one tree.

    ErrandError
    ├── UserError                 the person can fix it; said in chat
    │   ├── InvalidValueError     a value does not fit its parameter's kind
    │   ├── NotAllowedError       this person may not do that
    │   ├── NotFoundError         no such thing, or not yours
    │   │   ├── GoneError             it was there, and somebody took it away
    │   │   └── ClosedError           it is there, and takes nothing any more
    │   ├── SignatureError        what came to a webhook is not signed as agreed
    │   └── StaleError            what was answered is no longer what is shown
    ├── ConfigError               the operator can fix it; all problems listed at once at start
    │   └── CatalogError          templates or connectors that do not load
    ├── StepError                 one attempt of one step did not succeed
    │   ├── RetryableError        trying again may help
    │   │   ├── RateLimitedError      the service asks for a pause (`retry_after_s`)
    │   │   ├── UnavailableError      no network, refused, 5xx
    │   │   └── TimedOutError         no answer in time
    │   ├── RejectedError         the service or the data says no; trying again will not help
    │   ├── ConnectionNeededError credentials are missing, wrong or expired
    │   ├── BlockedError          refused by Errand's own guard (private address, path outside the files folder)
    │   └── OutcomeUnknownError   it may have happened; a person must check
    └── StoreError                the database or the secrets cannot be used as asked

An error's docstring is its default message. `cause` is a short word for grouping, `advice` says what the
person can do. Anything else that is raised is a bug: it is logged once with a reference that chat shows.
"""

from __future__ import annotations

import inspect


class ErrandError(Exception):
    """Something did not work."""

    cause = "error"
    advice = ""

    def __init__(self, message: str | None = None, *, advice: str | None = None) -> None:
        super().__init__(message or inspect.cleandoc(type(self).__doc__ or "").splitlines()[0])
        if advice is not None:
            self.advice = advice

    @property
    def message(self) -> str:
        return str(self.args[0])


class UserError(ErrandError):
    """That cannot be done as asked."""

    cause = "request"


class InvalidValueError(UserError):
    """That value does not fit."""

    cause = "value"


class NotAllowedError(UserError):
    """You may not do that."""

    cause = "permission"


class NotFoundError(UserError):
    """There is no such thing here."""

    cause = "missing"


class GoneError(NotFoundError):
    """Somebody took that away."""


class ClosedError(NotFoundError):
    """Nothing can be written there any more."""


class SignatureError(UserError):
    """The signature does not fit what was sent."""

    cause = "signature"
    advice = "Check that the sender signs with the secret that was given to Errand."


class StaleError(UserError):
    """This has changed since it was shown."""

    cause = "stale"


class ConfigError(ErrandError):
    """Errand is not set up correctly."""

    cause = "configuration"

    def __init__(self, problems: list[str] | str, *, advice: str | None = None) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems), advice=advice)


class CatalogError(ConfigError):
    """Templates or connectors do not load."""

    cause = "catalog"


class StepError(ErrandError):
    """The step failed."""

    cause = "step"


class RetryableError(StepError):
    """The step failed for now."""

    cause = "temporary"
    advice = "It is tried again by itself; if it keeps failing, check the service."

    def __init__(
        self, message: str | None = None, *, advice: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, advice=advice)
        self.retry_after_s = retry_after_s


class RateLimitedError(RetryableError):
    """The service asks to slow down."""

    cause = "rate limited"


class UnavailableError(RetryableError):
    """The service cannot be reached."""

    cause = "unavailable"
    advice = "Check that the service is up and that this machine has a network, then retry."


class TimedOutError(RetryableError):
    """The service did not answer in time."""

    cause = "timed out"


class RejectedError(StepError):
    """The service refused the request."""

    cause = "rejected"
    advice = "Change the value that it names and run it again."


class ConnectionNeededError(StepError):
    """An account must be connected first."""

    cause = "connection"
    advice = "Connect the account, then retry."

    def __init__(self, message: str | None = None, *, connector: str = "", advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.connector = connector


class BlockedError(StepError):
    """Errand's own guard refused this."""

    cause = "blocked"
    advice = "If it is meant to be reachable, the operator can allow it in the settings."


class OutcomeUnknownError(StepError):
    """It may have happened: nobody recorded the outcome."""

    cause = "unknown outcome"
    advice = "Check at the service whether it happened before you retry."


class StoreError(ErrandError):
    """The records cannot be read or written."""

    cause = "store"
