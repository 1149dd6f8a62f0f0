"""The table of verdicts, row by row of what the providers document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import errors
from tools.providers.verdicts import Meaning, Step, decide, error_from

RETRY, THROTTLED, USER = Meaning.RETRY, Meaning.THROTTLED, Meaning.USER
REFUSED, QUOTA, UNKNOWN = Meaning.PROMPT_REFUSED, Meaning.QUOTA, Meaning.UNKNOWN
FAILED, GIVEN_UP, PARAMETER = Meaning.TASK_FAILED, Meaning.TASK_REFUSED, Meaning.PARAMETER

DASHSCOPE_SUBMIT = [
    (400, "InvalidParameter", "num_images_per_prompt must be between 1 and 4", PARAMETER),
    (400, "InvalidParameter.DataInspection", "Unable to download the media resource", PARAMETER),
    (400, "BadRequest.EmptyInput", "", PARAMETER),
    (400, "BadRequest.EmptyParameters", "", PARAMETER),
    (400, "BadRequest.EmptyModel", "", PARAMETER),
    (400, "InvalidURL", "", PARAMETER),
    (400, "UnsupportedOperation", "Failed to cancel the task", PARAMETER),
    (400, "DataInspectionFailed", "Input data may contain inappropriate content.", REFUSED),
    (400, "DataInspectionFailed", "Output data may contain inappropriate content.", REFUSED),
    (400, "IPInfringementSuspect", "", REFUSED),
    (400, "Arrearage", "Access denied, make sure your account is in good standing.", USER),
    (400, "InternalError.Algo", "Range of input length should be [1, 500]", PARAMETER),
    (401, "InvalidApiKey", "Invalid API-key provided.", USER),
    (403, "AccessDenied", "current user api does not support synchronous calls", USER),
    (403, "Model.AccessDenied", "", USER),
    (403, "Workspace.AccessDenied", "", USER),
    (403, "AccessDenied.Unpurchased", "", USER),
    (403, "", "", USER),
    (403, "AllocationQuota.FreeTierOnly", "", QUOTA),
    (404, "ModelNotFound", "", USER),
    (404, "Model.NotExist", "", USER),
    (404, "WorkSpaceNotFound", "", USER),
    (408, "RequestTimeOut", "", UNKNOWN),
    (413, "BadRequest.TooLarge", "", PARAMETER),
    (415, "BadRequest.InputDownloadFailed", "", PARAMETER),
    (415, "UnsupportedFileFormat", "", PARAMETER),
    (429, "Throttling", "Too many requests in route. Please try again later.", THROTTLED),
    (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.", THROTTLED),
    (429, "LimitRequests", "", THROTTLED),
    (429, "", "Request rate increased too quickly", THROTTLED),
    (429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota.", THROTTLED),
    (429, "Throttling.AllocationQuota", "Free allocated quota exceeded.", QUOTA),
    (429, "PrepaidBillOverdue", "", USER),
    (429, "PostpaidBillOverdue", "", USER),
    (429, "CommodityNotPurchased", "", USER),
    (500, "InternalError", "", RETRY),
    (500, "InternalError.Algo", "", RETRY),
    (500, "InternalError.Timeout", "An internal timeout error has occurred", RETRY),
    (500, "SystemError", "", RETRY),
    (500, "ModelServiceFailed", "", RETRY),
    (500, "RewriteFailed", "", RETRY),
    (503, "ModelUnavailable", "", RETRY),
    (503, "ModelServingError", "", RETRY),
]

MODELSCOPE_SUBMIT = [
    (401, "", "Authentication failed, please make sure that a valid ModelScope token is supplied.", USER),
    (401, "", "Please bind your Alibaba Cloud account before use.", USER),
    (400, "", "size is not supported", PARAMETER),
    (400, "", "Model id : a/b , has no provider supported", USER),
    (429, "", "You have exceeded today's quota for model X, please try again tomorrow", QUOTA),
    (429, "", "You have exceeded your daily quota", QUOTA),
    (400, "", "steps must be less than the daily limit", PARAMETER),
    (429, "QuotaLimitExceed", "", QUOTA),
    (429, "limit_burst_rate", "", THROTTLED),
    (429, "", "limit_requests: You exceeded your current quota", THROTTLED),
    (429, "", "Request rate increased too quickly", THROTTLED),
    (429, "", "Concurrency limit reached", THROTTLED),
    (429, "", "insufficient balance (1008)", USER),
    (404, "", "The model is retired", USER),
    (500, "", "", RETRY),
    (503, "", "Server is busy, please try again later", RETRY),
    (429, "", "Server is busy, please try again later", RETRY),
]


@pytest.mark.parametrize(("status", "code", "message", "meaning"), DASHSCOPE_SUBMIT)
def test_dashscope_row(status: int, code: str, message: str, meaning: Meaning) -> None:
    """Each documented answer of DashScope to a submit means what the reference says."""
    assert meaning == decide("dashscope", "submit", status=status, code=code, message=message).meaning


@pytest.mark.parametrize(("status", "code", "message", "meaning"), MODELSCOPE_SUBMIT)
def test_modelscope_row(status: int, code: str, message: str, meaning: Meaning) -> None:
    """Each documented answer of ModelScope to a submit means what the reference says."""
    assert meaning == decide("modelscope", "submit", status=status, code=code, message=message).meaning


@pytest.mark.parametrize(
    ("step", "status", "code", "message", "meaning"),
    [
        # A gateway's own page says nothing of the request behind it; the provider's JSON does.
        ("submit", 502, "", "", UNKNOWN),
        ("submit", 524, "", "", UNKNOWN),
        ("submit", 504, "", "", UNKNOWN),
        ("submit", 504, "InternalError.Timeout", "", UNKNOWN),
        ("submit", 503, "", "", RETRY),
        ("submit", 408, "", "", UNKNOWN),
        ("submit", 500, "RequestTimeOut", "", UNKNOWN),
        ("submit", 409, "", "", RETRY),
        ("submit", 200, "", "", UNKNOWN),
        ("submit", 302, "", "", USER),
        ("submit", 402, "", "", USER),
        ("submit", 418, "", "", PARAMETER),
        # Nothing was sent, or nobody knows.
        ("submit", 0, "ConnectError", "[Errno 111] Connection refused", RETRY),
        ("submit", 0, "ConnectTimeout", "", RETRY),
        ("submit", 0, "PoolTimeout", "", RETRY),
        ("submit", 0, "ProxyError", "407 Proxy Authentication Required", RETRY),
        ("submit", 0, "UnsupportedProtocol", "", USER),
        ("submit", 0, "InvalidURL", "", USER),
        ("submit", 0, "ReadTimeout", "", UNKNOWN),
        ("submit", 0, "ReadError", "", UNKNOWN),
        ("submit", 0, "WriteError", "", UNKNOWN),
        ("submit", 0, "RemoteProtocolError", "Server disconnected", UNKNOWN),
        # A question that costs nothing may always be asked again.
        ("poll", 0, "ReadTimeout", "", RETRY),
        ("poll", 408, "RequestTimeOut", "", RETRY),
        ("poll", 504, "", "", RETRY),
        ("poll", 200, "", "", RETRY),
        ("poll", 200, "Throttling.RateQuota", "", THROTTLED),
        ("list", 401, "InvalidApiKey", "", USER),
        ("download", 0, "ConnectError", "", RETRY),
        ("download", 403, "", "", RETRY),
        ("download", 404, "", "", RETRY),
        # A task that came to a bad end, always over HTTP 200.
        ("task", 200, "InternalError.Timeout", "An internal timeout error has occurred", FAILED),
        ("task", 200, "Throttling", "", FAILED),
        ("task", 200, "InternalError.Algo", "", FAILED),
        ("task", 200, "Arrearage", "", GIVEN_UP),
        ("task", 200, "InvalidApiKey", "", GIVEN_UP),
        ("task", 200, "InvalidURL", "", GIVEN_UP),
        ("task", 200, "Model.AccessDenied", "", GIVEN_UP),
        ("task", 200, "AllocationQuota.FreeTierOnly", "", GIVEN_UP),
        ("task", 200, "ModelNotFound", "", GIVEN_UP),
        ("task", 200, "", "", FAILED),
        ("task", 200, "CANCELED", "", FAILED),
        ("task", 200, "UNKNOWN", "", UNKNOWN),
        ("task", 200, "InvalidParameter", "", GIVEN_UP),
        ("task", 200, "DataInspectionFailed", "", REFUSED),
    ],
)
def test_step(step: Step, status: int, code: str, message: str, meaning: Meaning) -> None:
    """The same answer means one thing to a paid request and another to a question."""
    assert meaning == decide("dashscope", step, status=status, code=code, message=message).meaning


def test_modelscope_task_that_is_not_found() -> None:
    """A young task may not be found yet, so it is polled again, not given up."""
    assert RETRY == decide("modelscope", "task", status=200, code="500", message="task not found").meaning
    assert FAILED == decide("modelscope", "task", status=200, code="500", message="out of memory").meaning


def test_modelscope_task_that_failed_for_its_words() -> None:
    """Another attempt would meet the same refusal."""
    message = "Output data may contain inappropriate content"

    assert REFUSED == decide("modelscope", "task", status=200, code="500", message=message).meaning


@pytest.mark.parametrize(
    ("meaning", "kind"),
    [
        (RETRY, errors.UnavailableError),
        (THROTTLED, errors.ThrottledError),
        (FAILED, errors.TaskFailedError),
        (GIVEN_UP, errors.TaskRefusedError),
        (REFUSED, errors.RejectedError),
        (QUOTA, errors.QuotaError),
        (USER, errors.ConfigError),
        (UNKNOWN, errors.LostReplyError),
    ],
)
def test_error_class(meaning: Meaning, kind: type[errors.PeituError]) -> None:
    """Each meaning has its class of error."""
    assert kind is meaning.value


def test_advice_names_the_variable_and_the_setting() -> None:
    """The message says what was tried, what came back, and what to set."""
    verdict = decide("modelscope", "submit", status=401, code="", message="Authentication failed")

    error = error_from(verdict, f"ModelScope {verdict.finding} (401)")

    expected = (
        "ModelScope refused the key (401) - check MODELSCOPE_API_KEY and that its region matches "
        "images.modelscope.base_url"
    )
    assert expected == str(error)


def test_wait_that_was_asked_for() -> None:
    """The error carries the seconds that the service asked to wait."""
    verdict = decide("dashscope", "submit", status=429, code="Throttling", message="")

    error = error_from(verdict, "DashScope", retry_after_s=7.0)

    assert isinstance(error, errors.ThrottledError)
    assert 7.0 == error.retry_after_s


@given(
    provider=st.sampled_from(["dashscope", "modelscope", "other", ""]),
    step=st.sampled_from(["submit", "poll", "task", "download", "list"]),
    status=st.integers(0, 599),
    code=st.text(max_size=30),
    message=st.text(max_size=60),
)
def test_every_error_has_a_verdict(provider: str, step: Step, status: int, code: str, message: str) -> None:
    """Nothing falls through, braces in a provider's words do no harm, and only money can be lost."""
    verdict = decide(provider, step, status=status, code=code, message=message)

    assert isinstance(error_from(verdict, message), errors.PeituError)
    assert verdict.meaning is not UNKNOWN or step in {"submit", "task"}
    assert verdict.meaning is not FAILED or step == "task"
