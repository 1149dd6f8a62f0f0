"""The settings of `config.yaml` as typed, frozen models: description, unit, bounds and default of each."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from tools.setup.setting_types import Ascii, FilePath, Level, Loras, Order, Seconds, Size, Text, Url, VariableName

PROVIDERS = ("auto", "modelscope", "dashscope", "sketch")
MAX_COUNT = 50  # pictures of one content; with more, the checkpoints would become larger than the pictures
MAX_SEED = 2**31 - 1  # the largest that every provider takes


class Section(BaseModel):
    """A section of the settings: frozen; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LanguageService(Section):
    """An OpenAI-compatible chat service."""

    base_url: Url = Field(description="address up to and with the version, e.g. https://…/v1")
    model: Text = Field(description="the service's name of the model")
    api_key_env: VariableName | None = Field(None, description="variable with the key; none: no key is sent")
    temperature: float = Field(1.0, gt=0, le=1, description="randomness of the answers, above 0 up to 1")
    timeout_s: Seconds = Field(60.0, description="seconds to wait for one answer")


_LANGUAGE_SERVICES = {
    "minimax": LanguageService(
        base_url="https://api.minimaxi.com/v1", model="MiniMax-M2.5", api_key_env="MINIMAX_API_KEY"
    ),
    "modelscope": LanguageService(
        base_url="https://api-inference.modelscope.cn/v1",
        model="Qwen/Qwen3-235B-A22B-Instruct-2507",
        api_key_env="MODELSCOPE_API_KEY",
    ),
    "dashscope": LanguageService(
        base_url="https://dashscope.aliyuncs.com/compatible-mode/v1",
        model="qwen-plus",
        api_key_env="DASHSCOPE_API_KEY",
    ),
    "local": LanguageService(base_url="http://127.0.0.1:8080/v1", model="local"),
}


class LanguageSettings(Section):
    """Who writes the prompts."""

    max_content_chars: int = Field(24000, ge=100, description="characters of the content that the model reads")
    providers: dict[str, LanguageService] = Field(_LANGUAGE_SERVICES, description="the services, by name")
    provider: str = Field("minimax", description="an entry of `providers`; none: the templates alone")

    @field_validator("provider")
    @classmethod
    def _is_known(cls, value: str, info: ValidationInfo) -> str:
        known = [*info.data.get("providers", [value]), "none"]
        if value not in known:
            raise ValueError(f"should be an entry of llm.providers: {', '.join(known)}")
        return value


class ImageService(Section):
    """A provider of pictures."""

    base_url: Url = Field(description="address of the API, up to and with its version")
    model: Text = Field(description="the provider's name of the model")
    rate_per_s: float = Field(2.0, gt=0, le=1000, description="submits per second, evenly spaced")
    max_in_flight: int = Field(2, ge=1, le=1000, description="tasks under way at once")
    polls_per_s: float = Field(20.0, gt=0, le=10000, description="questions after tasks per second, of the account")
    deadline_s: Seconds = Field(600.0, description="seconds to wait for one task")
    first_poll_s: Seconds = Field(1, description="seconds from the submit to the first poll, until durations are known")
    attempts: int = Field(3, ge=1, le=10, description="tasks for one picture")
    on_lost_reply: Literal["hold", "resubmit"] = Field(
        "hold", description="leave a request whose answer was lost to the user, or send it again"
    )


class ModelScopeService(ImageService):
    """ModelScope, with parameters for its models; for those left out, the model decides."""

    steps: int | None = Field(None, ge=1, le=100, description="denoising steps, 1 to 100")
    guidance: float | None = Field(None, ge=1.5, le=20, description="how closely the prompt is followed, 1.5 to 20")
    loras: Loras | None = Field(None, description="a LoRA's repository, or up to 6 of them with weights that sum to 1")

    @field_validator("loras")
    @classmethod
    def _adds_up(cls, value: str | dict[str, float] | None) -> str | dict[str, float] | None:
        if isinstance(value, dict) and (not 1 <= len(value) <= 6 or abs(sum(value.values()) - 1) > 0.001):
            raise ValueError("should be 1 to 6 repositories with weights that sum to 1")
        return value


_MODELSCOPE = ModelScopeService(
    base_url="https://api-inference.modelscope.cn/v1",
    model="Tongyi-MAI/Z-Image-Turbo",
    max_in_flight=8,
    deadline_s=300,
    on_lost_reply="resubmit",
)
_DASHSCOPE = ImageService(base_url="https://dashscope.aliyuncs.com/api/v1", model="wanx2.1-t2i-plus", first_poll_s=2)


class ImageSettings(Section):
    """What pictures are made, and by whom."""

    order: Order = Field(("modelscope", "dashscope"), description="providers that `auto` tries, in this order")
    count: int = Field(3, ge=1, le=MAX_COUNT, description="pictures of a content, when not asked otherwise")
    size: Size = Field("1024x1024", description="width x height in pixels")
    quality: int = Field(92, ge=1, le=95, description="quality of the saved JPG, 1 to 95")
    modelscope: ModelScopeService = Field(_MODELSCOPE, description="ModelScope API-Inference, free of charge")
    dashscope: ImageService = Field(_DASHSCOPE, description="Alibaba DashScope, every picture is paid")


class StorageSettings(Section):
    """Where finished pictures go."""

    upload: Literal["auto", "always", "never"] = Field("auto", description="auto: when the OSS variables are set")


class DatabaseSettings(Section):
    """The records: runs, images, ledger, uploads."""

    path: FilePath = Field(Path("data/peitu.db"), description="SQLite file")


class CheckpointSettings(Section):
    """LangGraph's state of every run."""

    path: FilePath = Field(Path("data/checkpoints.db"), description="SQLite file")


class LabelSettings(Section):
    """The label that says that a picture was generated."""

    content_producer: Ascii = Field("", description="service provider for the AIGC label; blank: peitu")
    visible: bool = Field(default=False, description="print AI生成 in the corner of a model's picture")


class LoggingSettings(Section):
    """The log file."""

    level: Level = Field("INFO", description="the least level that is kept")
    path: FilePath = Field(Path("logs/peitu.log"), description="the file")
    rotation: Text = Field("10 MB", description="size or age at which a new file begins, e.g. 10 MB or 1 day")
    retention: Text = Field("14 days", description="age at which an old file goes")


class Settings(Section):
    """The whole of `config.yaml`. `Settings()` has the defaults and reads nothing; see `load_settings`."""

    output_dir: FilePath = Field(Path("output"), description="folder of the pictures: {output_dir}/{run id}/00.jpg")
    style: Text = Field("clean", description="the style when none is asked for")
    templates: FilePath = Field(Path("templates"), description="folder of your own topics and styles, if it is there")
    llm: LanguageSettings = Field(LanguageSettings(), description="who writes the prompts")
    images: ImageSettings = Field(ImageSettings(), description="what pictures are made, and by whom")
    storage: StorageSettings = Field(StorageSettings(), description="where finished pictures go")
    database: DatabaseSettings = Field(DatabaseSettings(), description="runs, images, ledger, uploads")
    checkpoints: CheckpointSettings = Field(CheckpointSettings(), description="LangGraph's state of every run")
    labels: LabelSettings = Field(LabelSettings(), description="the label of generated pictures")
    logging: LoggingSettings = Field(LoggingSettings(), description="the log file")
    rss: dict[str, Any] = Field({"feeds": []}, description="accepted, not read")
    vector_store: dict[str, Any] = Field({}, description="accepted, not read")
    scheduler: dict[str, Any] = Field({}, description="accepted, not read")
