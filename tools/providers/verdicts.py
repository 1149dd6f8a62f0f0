"""The table that decides what an error of an image provider means, and what to do about it.

The first matching row decides: codes come before statuses, and messages are used only to tell apart two cases of one
code, or if a provider has no codes.

What matters is money. If the service *answered* a submit with a refusal, it made no task, and the request may be sent
again. No answer, a 408, or a gateway that timed out (504), lost its connection (Envoy's 503) or sent its own page (502
without the provider's JSON) leave open whether the service made one. Those are `UNKNOWN`: never send again blindly.

Source: https://help.aliyun.com/zh/model-studio/error-code, https://github.com/istio/istio/issues/13205 (Envoy) and
https://modelscope.cn/docs/model-service/API-Inference/intro, read 2026-11-23 and 2026-11-30.
"""

from collections.abc import Container
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from tools import errors

Step = Literal["submit", "poll", "task", "download", "list"]
"""The request that got the error; `task` means that the poll succeeded and found a failed task."""


class Meaning(Enum):
    """What an error means; the values are the classes of `tools.errors`, which say who must act."""

    RETRY = errors.UnavailableError
    THROTTLED = errors.ThrottledError
    TASK_FAILED = errors.TaskFailedError
    TASK_REFUSED = errors.TaskRefusedError
    PROMPT_REFUSED = errors.RejectedError
    QUOTA = errors.QuotaError
    USER = errors.ConfigError
    PARAMETER = errors.ParameterError
    UNKNOWN = errors.LostReplyError


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an error means; `finding` is a phrase to follow the provider's name, `advice` says what to do."""

    meaning: Meaning
    finding: str
    advice: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A verdict and the errors that it applies to; a condition that is left out matches everything.

    A code includes its sub-codes (`Throttling` matches `Throttling.RateQuota`); `texts` are substrings of code and
    message in lower case, any of which matches; `bare` is an answer with neither code nor message of the provider.
    """

    verdict: Verdict
    codes: tuple[str, ...] = ()
    statuses: Container[int] = range(1000)
    texts: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ("submit", "poll", "download", "list")
    provider: str = ""
    bare: bool = False

    def fits(self, provider: str, step: Step, status: int, code: str, message: str) -> bool:
        said = f"{code} {message}".lower()
        return (
            self.provider in {"", provider}
            and step in self.steps
            and status in self.statuses
            and (not self.codes or code in self.codes or code.partition(".")[0] in self.codes)
            and (not self.texts or any(text in said for text in self.texts))
            and (not self.bare or not said.strip())
        )


def decide(provider: str, step: Step, *, status: int, code: str, message: str) -> Verdict:
    """Return what an error of `provider` at this `step` means.

    `code` and `message` are the provider's own, or ``""`` if the answer had none. If no answer came, `status` is 0 and
    `code` the name of the `httpx` exception.
    """
    verdict = next(row.verdict for row in _TABLE if row.fits(provider, step, status, code, message))
    advice = verdict.advice.format(provider=provider, key=f"{provider.upper()}_API_KEY")
    return Verdict(verdict.meaning, verdict.finding, advice)


def error_from(verdict: Verdict, what: str, *, retry_after_s: float | None = None) -> errors.PeituError:
    """Return the error to raise; `what` says what was tried and what came back."""
    message = f"{what} - {verdict.advice}"
    kind: type[errors.PeituError] = verdict.meaning.value
    if issubclass(kind, errors.UnavailableError):
        return kind(message, retry_after_s=retry_after_s)
    return kind(message)


def _of_task(verdict: Verdict) -> Verdict:
    """Return the verdict for a task that failed for a reason for which requests are refused, too."""
    return replace(verdict, meaning=Meaning.TASK_REFUSED)


# fmt: off
GATEWAY_RESET = "disconnect/reset before headers"  # Envoy's text, sent with its 503 instead of JSON
_REGION = "that the key, the model and images.{provider}.base_url belong to one region"
_LOOK = "it may have been taken, and paid: look it up with the provider before sending it again"
_SIZE = "check the size, the length of the prompt and images.{provider}.model"
_M, _V = Meaning, Verdict
_CONTENT = _V(_M.PROMPT_REFUSED, "refused the content", errors.REWORD)
_NO_TASK_YET = _V(_M.RETRY, "does not find the task", "poll it again")
_GONE = _V(_M.UNKNOWN, "does not know the task", "it is over 24 hours old, or not yours: see the bill")
_CANCELED = _V(_M.TASK_FAILED, "says that the task was canceled", "a new task can be submitted")
_GIVEN_UP = _V(_M.TASK_FAILED, "gave up the task", "it is not billed; a new task can be submitted")
_NO_WAY = _V(_M.RETRY, "could not be reached", "check the network, the proxy and images.{provider}.base_url")
_MALFORMED = _V(_M.USER, "cannot be called with these settings", "check images.{provider}.base_url and {key}")
_KEY = _V(_M.USER, "refused the key", "check {key} and that its region matches images.{provider}.base_url")
_BAD_REQUEST = _V(_M.PARAMETER, "refused the request", _SIZE)
_PAY = _V(_M.USER, "says the account has no credit left", "pay the bill or top up in the provider's console")
_FREE = _V(_M.QUOTA, "says that the free quota is used up", "use another model, or pay for this one")
_PERMIT = _V(_M.USER, "gives no access", "allow the model for the key's account or workspace in the console")
_MODEL = _V(_M.USER, "does not know the model or address", "check images.{provider}.model, and " + _REGION)
_SLOWER = _V(_M.THROTTLED, "is receiving requests too fast", "wait, then continue more slowly")
_TROUBLE = _V(_M.RETRY, "has trouble", "try again later")
_TOO_LATE = _V(_M.UNKNOWN, "gave no answer in time", _LOOK)
_CUT_OFF = _V(_M.UNKNOWN, "was cut off by a gateway", _LOOK)
_BIND = _V(_M.USER, "needs a linked Alibaba Cloud account", "link one on modelscope.cn, then create a new token")
_NOT_SERVED = _V(_M.USER, "does not serve the model", "set images.modelscope.model to one with API-Inference")
_NO_FUNDS = _V(_M.USER, "cannot serve the model", "its own provider is out of funds: use another model")
_TOMORROW = _V(_M.QUOTA, "says today's quota is used up", "use another model, or wait for 00:00 China time")
_EXPIRED = _V(_M.RETRY, "refused the link", "it may have expired: poll the task again for a fresh one")
_BROKE_OFF = _V(_M.RETRY, "dropped the download", "check the network and the proxy, then fetch it again")
_ELSEWHERE = _V(_M.USER, "answered from another address", "check images.{provider}.base_url")
_NO_REPLY = _V(_M.UNKNOWN, "gave no clear answer to the request", _LOOK)
_UNCLEAR = _V(_M.RETRY, "gave no clear answer", "try again later")

_ALL: tuple[Step, ...] = ("submit", "poll", "task", "download", "list")
_REFUSALS = ("DataInspectionFailed", "data_inspection_failed", "IPInfringementSuspect")
_BAD = ("InvalidParameter", "BadRequest", "InvalidURL", "UnsupportedOperation", "UnsupportedFileFormat")
_UNPAID = ("Arrearage", "PrepaidBillOverdue", "PostpaidBillOverdue", "CommodityNotPurchased")
_NO_MODEL = ("ModelNotFound", "ModelNotExist", "Model.NotExist", "WorkSpaceNotFound")
_REFUSED = (
    (_KEY, ("InvalidApiKey",)),
    (_BAD_REQUEST, _BAD),
    (_PAY, _UNPAID),
    (_FREE, ("AllocationQuota.FreeTierOnly",)),
    (_PERMIT, ("AccessDenied", "Model.AccessDenied", "Workspace.AccessDenied")),
    (_MODEL, _NO_MODEL),
)
_DOWN = ("InternalError", "SystemError", "ModelServiceFailed", "RewriteFailed", "ModelUnavailable", "ModelServingError")
_BURST = ("limit_burst_rate", "limit_requests", "increased too quickly", "concurren")
_MS = "modelscope"

_TABLE = (
    # Refused content, at once or in a failed task. What ModelScope says then is UNCONFIRMED.
    _Row(_CONTENT, _REFUSALS, steps=_ALL),
    _Row(_CONTENT, texts=("inappropriate content", "data inspection"), steps=_ALL, provider=_MS),
    # Failed tasks. ModelScope's "task not found" may only mean that the poll came too early.
    _Row(_NO_TASK_YET, texts=("task not found",), steps=("poll", "task"), provider=_MS),
    _Row(_GONE, ("UNKNOWN",), steps=("task",)),
    _Row(_CANCELED, ("CANCELED",), steps=("task",)),
    *(_Row(_of_task(verdict), codes, steps=("task",)) for verdict, codes in _REFUSED),
    _Row(_GIVEN_UP, steps=("task",)),
    # No answer to a download, or a request that was not sent.
    _Row(_BROKE_OFF, statuses=(0,), steps=("download",)),
    _Row(_NO_WAY, ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError"), (0,)),
    _Row(_MALFORMED, ("InvalidURL", "UnsupportedProtocol", "LocalProtocolError"), (0,)),
    # A gateway that gave up waiting, whatever it says: the service behind it may have made a task.
    _Row(_CUT_OFF, statuses=(504,), steps=("submit",)),
    _Row(_TROUBLE, statuses=(503,), texts=("connection failure", "reset reason: overflow")),
    _Row(_CUT_OFF, texts=(GATEWAY_RESET,), steps=("submit",)),
    _Row(_TOO_LATE, statuses=(408,), steps=("submit",)),
    # Codes of DashScope.
    *(_Row(verdict, codes) for verdict, codes in _REFUSED),
    _Row(_BAD_REQUEST, ("InternalError.Algo",), (400,)),
    _Row(_FREE, ("Throttling.AllocationQuota",), texts=("free allocated quota", "exhausted")),
    _Row(_SLOWER, ("Throttling", "LimitRequests")),
    _Row(_TOO_LATE, ("RequestTimeOut",), steps=("submit",)),
    _Row(_TROUBLE, _DOWN),
    # Messages of ModelScope, which has few codes.
    _Row(_BIND, texts=("bind your alibaba cloud",), provider=_MS),
    _Row(_NOT_SERVED, texts=("no provider supported",), provider=_MS),
    _Row(_NO_FUNDS, texts=("insufficient balance",), provider=_MS),
    _Row(_SLOWER, texts=_BURST, provider=_MS),
    _Row(_TOMORROW, ("QuotaLimitExceed",), provider=_MS),
    _Row(_TOMORROW, statuses=(429,), texts=("today", "tomorrow", "daily"), provider=_MS),
    _Row(_TROUBLE, texts=("server is busy",), provider=_MS),
    # Statuses.
    _Row(_CUT_OFF, statuses=(502, *range(520, 600)), steps=("submit",), bare=True),
    _Row(_SLOWER, statuses=(429,)),
    _Row(_TROUBLE, statuses=(408, 409, *range(500, 600))),
    _Row(_EXPIRED, statuses=range(300, 500), steps=("download",)),
    _Row(_KEY, statuses=(401,)),
    _Row(_PAY, statuses=(402,)),
    _Row(_PERMIT, statuses=(403,)),
    _Row(_MODEL, statuses=(404,)),
    _Row(_BAD_REQUEST, statuses=range(400, 500)),
    _Row(_ELSEWHERE, statuses=range(300, 400)),
    # No answer, or one that says nothing.
    _Row(_NO_REPLY, steps=("submit",)),
    _Row(_UNCLEAR),
)
# fmt: on
