import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from tests.conftest import ROOT
from tools.errors import ConfigError
from tools.setup.configuration import MAX_COUNT, Settings
from tools.setup.environment import environment_value
from tools.setup.settings import load_settings

UNREAD = {"rss", "vector_store", "scheduler"}


@pytest.fixture
def workplace(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and no setting."""
    monkeypatch.delenv("PEITU_IMAGES__SIZE")
    return workplace


def message_of(config: Path | None = None, overrides: dict[str, Any] | None = None) -> str:
    """Load settings that are wrong, and return what the operator is told: always one line."""
    with pytest.raises(ConfigError) as caught:
        load_settings(config, overrides)
    message = str(caught.value)
    assert "\n" not in message
    return message


def leaves(values: dict[str, Any], path: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield path + key


def test_each_place_beats_the_next(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argument, then environment, then `.env`, then `config.yaml`, then the default."""
    counts = [load_settings().images.count]
    (workplace / "config.yaml").write_text("images: {count: 4}")
    counts.append(load_settings().images.count)
    (workplace / ".env").write_text("PEITU_IMAGES__COUNT=5\n")
    counts.append(load_settings().images.count)
    monkeypatch.setenv("PEITU_IMAGES__COUNT", "6")
    counts.append(load_settings().images.count)
    counts.append(load_settings(overrides={"images.count": 7}).images.count)

    assert [3, 4, 5, 6, 7] == counts


def test_file_is_looked_for_in_this_order(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argument, then `PEITU_CONFIG` of the environment and of `.env`, then the working directory."""
    for name in ("config", "dotenv", "environment", "argument"):
        (workplace / f"{name}.yaml").write_text(f"style: {name}")
    styles = [load_settings().style]
    (workplace / ".env").write_text("PEITU_CONFIG=dotenv.yaml\n")
    styles.append(load_settings().style)
    monkeypatch.setenv("PEITU_CONFIG", "environment.yaml")
    styles.append(load_settings().style)
    styles.append(load_settings(Path("argument.yaml")).style)

    assert ["config", "dotenv", "environment", "argument"] == styles


def test_project_file_says_the_defaults(workplace: Path) -> None:
    """The project's `config.yaml` shows every setting, with the value that it has without the file."""
    written = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    known = Settings().model_dump(exclude={"llm": {"providers"}, **dict.fromkeys(UNREAD, True)})

    assert Settings() == load_settings()
    assert set() == set(leaves(known)) - set(leaves(written))


def test_every_value_in_the_project_file_has_a_comment() -> None:
    """In its own line: what it is, in which unit, or where it comes from."""
    lines = (ROOT / "config.yaml").read_text(encoding="utf-8").splitlines()

    assert [] == [line for line in lines if re.match(r" *\w+: *[^ #]", line) and " # " not in line]


def test_every_setting_is_described() -> None:
    """Each field has a description, in every section."""

    def undescribed(model: type[BaseModel]) -> Iterator[str]:
        for name, field in model.model_fields.items():
            if not field.description:
                yield f"{model.__name__}.{name}"
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                yield from undescribed(field.annotation)

    assert [] == list(undescribed(Settings))


def test_settings_made_directly_read_nothing(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`Settings()` is the defaults, whatever stands around."""
    expected = Settings()
    (workplace / "config.yaml").write_text("style: other")
    monkeypatch.setenv("PEITU_STYLE", "another")

    assert expected == Settings()


def test_a_part_of_a_service_keeps_the_rest(workplace: Path) -> None:
    """A file that sets one line of a provider does not have to repeat the others."""
    (workplace / "config.yaml").write_text(
        "images: {modelscope: {model: Qwen/Qwen-Image}}\nllm: {providers: {mine: {base_url: 'http://h/v1', model: m}}}"
    )

    settings = load_settings(overrides={"llm.provider": "mine"})

    assert "Qwen/Qwen-Image" == settings.images.modelscope.model
    assert Settings().images.modelscope.base_url == settings.images.modelscope.base_url
    assert ["minimax", "modelscope", "dashscope", "local", "mine"] == list(settings.llm.providers)


def test_empty_sections_and_files_change_nothing(workplace: Path) -> None:
    """A section with all its lines commented out is no error, and neither is an empty file."""
    (workplace / "config.yaml").write_text("images:\n  # count: 5\nllm:\nrss:\n")
    (workplace / "empty.yaml").write_text("")

    assert Settings() == load_settings()
    assert Settings() == load_settings(Path("empty.yaml"))


def test_sections_of_others_are_accepted(workplace: Path) -> None:
    """What the feed reader and the scheduler keep in the same file is left to them."""
    (workplace / "config.yaml").write_text(
        "rss: {feeds: [{url: x}]}\nvector_store: {kind: faiss}\nscheduler: {a: {b: 1}}"
    )

    settings = load_settings()

    assert {"feeds": [{"url": "x"}]} == settings.rss
    assert {"kind": "faiss"} == settings.vector_store


@pytest.mark.parametrize("value", ["dashscope, modelscope", '["dashscope", "modelscope"]'])
def test_variable_holds_a_list(value: str, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list in the environment is written with commas, or as JSON."""
    monkeypatch.setenv("PEITU_IMAGES__ORDER", value)

    assert ("dashscope", "modelscope") == load_settings().images.order


@pytest.mark.parametrize("name", ["MY_MODEL_2_1", "My-Model-2.1", "MY-MODEL-2.1", "my_model_2_1"])
def test_variable_finds_an_entry_however_it_is_written(
    name: str, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell knows no hyphen and no dot in the name of a variable, and many write all of it in capitals."""
    entry = "{base_url: https://a.example/v1, model: a}"
    (workplace / "config.yaml").write_text(f"llm: {{provider: My-Model-2.1, providers: {{My-Model-2.1: {entry}}}}}")
    monkeypatch.setenv(f"PEITU_LLM__PROVIDERS__{name}__BASE_URL", "https://b.example/v1")
    known = load_settings().llm.providers

    assert ["minimax", "modelscope", "dashscope", "local", "My-Model-2.1"] == list(known)
    assert ("https://b.example/v1", "a") == (known["My-Model-2.1"].base_url, known["My-Model-2.1"].model)


def test_variable_prefers_the_entry_of_its_very_name(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two others that it may mean it does not choose."""
    entry = "{base_url: https://a.example/v1, model: a}"
    (workplace / "config.yaml").write_text(f"llm: {{providers: {{mine: {entry}, Mine: {entry}, MINE-: {entry}}}}}")
    monkeypatch.setenv("PEITU_LLM__PROVIDERS__MINE__MODEL", "b")
    known = load_settings().llm.providers

    assert ["b", "a", "a"] == [known[name].model for name in ("mine", "Mine", "MINE-")]

    (workplace / "config.yaml").write_text(f"llm: {{providers: {{My-Own: {entry}, my.own: {entry}}}}}")
    monkeypatch.setenv("PEITU_LLM__PROVIDERS__MY_OWN__MODEL", "b")

    assert "PEITU_LLM__PROVIDERS__MY_OWN__MODEL: llm.providers.my_own may be 'My-Own' or 'my.own'; " in message_of()


def test_variables_may_add_an_entry(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is in small letters; what it lacks is told of the variable, not of the file."""
    monkeypatch.setenv("PEITU_LLM__PROVIDERS__NEW__BASE_URL", "https://b.example/v1")

    assert "PEITU_LLM__PROVIDERS__NEW__BASE_URL: llm.providers.new.model is missing; add it" == message_of()

    monkeypatch.setenv("PEITU_LLM__PROVIDERS__NEW__MODEL", "b")
    monkeypatch.setenv("PEITU_LLM__PROVIDER", "new")

    assert "b" == load_settings().llm.providers["new"].model


def test_an_empty_variable_is_as_good_as_none(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever clears a setting by leaving it empty gets what the next place says."""
    (workplace / ".env").write_text('PEITU_OUTPUT_DIR=""\nPEITU_CONFIG=\nPEITU_STYLE=ink\nOSS_ENDPOINT= \n')
    (workplace / "config.yaml").write_text("output_dir: mine")
    for name in ("PEITU_OUTPUT_DIR", "PEITU_CONFIG", "PEITU_STYLE", "OSS_BASE_PATH", "DASHSCOPE_API_KEY"):
        monkeypatch.setenv(name, " ")

    assert (Path("mine"), "ink") == (load_settings().output_dir, load_settings().style)
    assert [None] * 3 == [environment_value(name) for name in ("OSS_ENDPOINT", "OSS_BASE_PATH", "DASHSCOPE_API_KEY")]


@pytest.mark.parametrize("key", ["output_dir", "templates", "database.path", "checkpoints.path", "logging.path"])
@pytest.mark.parametrize("blank", ['""', '" "', ""])
def test_an_empty_path_in_the_file_is_named(key: str, blank: str, workplace: Path) -> None:
    """It would be the working directory."""
    section, _, name = key.rpartition(".")
    (workplace / "config.yaml").write_text(f"{section}: {{{name}: {blank}}}" if section else f"{name}: {blank}")

    assert f"config.yaml: {key} is empty; it should be a path" == message_of()


def test_loras_are_an_object_in_the_environment_too(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their weights are read and checked there as in `config.yaml`; a name alone stays a name."""
    name = "PEITU_IMAGES__MODELSCOPE__LORAS"
    monkeypatch.setenv(name, '{"a/x": 0.5, "b/y": 0.5}')

    assert {"a/x": 0.5, "b/y": 0.5} == load_settings().images.modelscope.loras

    monkeypatch.setenv(name, "a/x")

    assert "a/x" == load_settings().images.modelscope.loras

    monkeypatch.setenv(name, '{"a/x": 0.5')

    assert "should be a repository" in message_of()


def test_arguments_are_dotted_or_nested(workplace: Path) -> None:
    """Both spellings set the same thing, and `None` is an option that was not given."""
    dotted = load_settings(overrides={"images.size": "512x512", "images.count": None})

    assert dotted == load_settings(overrides={"images": {"size": "512x512"}})
    assert ("512x512", 3) == (dotted.images.size, dotted.images.count)


def test_paths_know_the_home_folder(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home folder, as in a shell."""
    monkeypatch.setenv("HOME", "/home/somebody")

    assert Path("/home/somebody/pictures") == load_settings(overrides={"output_dir": "~/pictures"}).output_dir


def test_settings_are_frozen() -> None:
    """Nothing changes a setting once it is read."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().images.count = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "images: {modelscope: {timout_s: 3}}",
            "images.modelscope.timout_s is not a setting; did you mean deadline_s?",
        ),
        ("images: {cuont: 3}", "images.cuont is not a setting; did you mean count?"),
        ("imagse: {}", "imagse is not a setting; did you mean images?"),
        ("images: {colour: red}", "images.colour is not a setting; known are order, count, size,"),
        (
            "llm: {providers: {x: {base_ulr: 'http://h'}}}",
            "llm.providers.x.base_ulr is not a setting; did you mean base_url?",
        ),
        ("llm: {providers: {x: {base_url: 'http://h'}}}", "llm.providers.x.model is missing; add it"),
        (
            "llm: {provider: gpt}",
            "llm.provider is 'gpt'; it should be an entry of llm.providers: minimax, modelscope,",
        ),
        (
            "llm: {providers: {minimax: {temperature: 0}}}",
            "llm.providers.minimax.temperature is 0; it should be greater than 0",
        ),
        (
            "images: {dashscope: {base_url: 'https://me:secret@host/v1'}}",
            "base_url is 'https://…@host/v1'; it should be an address that begins with http:// or https://, without a",
        ),
        (
            "llm: {providers: {minimax: {base_url: h}}}",
            "minimax.base_url is 'h'; it should be an address that begins with http",
        ),
        ("images: 3", "images is 3; it should be a mapping"),
        ("images: {count: 0}", "images.count is 0; it should be greater than or equal to 1"),
        ("images: {count: 51}", f"images.count is 51; it should be less than or equal to {MAX_COUNT}"),
        ("images: {count: many}", "images.count is 'many'; it should be a whole number"),
        ("images: {count: }", "images.count is empty; it should be a whole number"),
        ("images: {quality: 96}", "images.quality is 96; it should be less than or equal to 95"),
        ("images: {size: 1024*1024}", "images.size is '1024*1024'; it should be WIDTHxHEIGHT in pixels"),
        (
            "images: {order: [midjourney]}",
            "images.order.0 is 'midjourney'; it should be 'modelscope' or 'dashscope'",
        ),
        ("images: {order: [dashscope, dashscope]}", "it should name each provider once"),
        (
            "images: {dashscope: {rate_per_s: 0}}",
            "images.dashscope.rate_per_s is 0; it should be greater than 0",
        ),
        (
            "images: {dashscope: {max_in_flight: 0}}",
            "max_in_flight is 0; it should be greater than or equal to 1",
        ),
        ("images: {dashscope: {attempts: 11}}", "attempts is 11; it should be less than or equal to 10"),
        ("images: {dashscope: {deadline_s: .inf}}", "deadline_s is inf; it should be a finite number"),
        (
            "images: {dashscope: {on_lost_reply: pay}}",
            "on_lost_reply is 'pay'; it should be 'hold' or 'resubmit'",
        ),
        ("storage: {upload: no}", "storage.upload is False; it should be 'auto', 'always' or 'never'"),
        ("output_dir: ' '", "output_dir is empty; it should be a path"),
        ("style: ' '", "style is empty; it should be text, not blank"),
        ("labels: {content_producer: 配图}", "labels.content_producer is '配图'; it should be ASCII text"),
        ("logging: {level: LOUD}", "logging.level is 'LOUD'; it should be 'TRACE', 'DEBUG', 'INFO'"),
        ("images: {count: 0, quality: 0}", "(and 1 more)"),
        ("images:\n\tcount: 3", "line 2 is not YAML (found character '\\t' that cannot start any token)"),
        ("style: [a", "line 1 is not YAML"),
        ("style: \x00", "this is not YAML"),
        ("- images", "this is not a mapping of settings"),
        ("just words", "this is not a mapping of settings"),
        ("5: 5", "this is not a mapping of settings"),
    ],
)
def test_wrong_file_is_one_line_that_names_the_key(text: str, expected: str, workplace: Path) -> None:
    """The operator learns the file, the key, what it is and what it may be."""
    path = workplace / "mine.yaml"
    path.write_text(text, encoding="utf-8")

    message = message_of(path)

    assert message.startswith(f"{path}: ")
    assert expected in message


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "PEITU_IMAGES__COUNT",
            "many",
            "PEITU_IMAGES__COUNT: images.count is 'many'; it should be a whole number",
        ),
        (
            "PEITU_IMAGES__CUONT",
            "3",
            "PEITU_IMAGES__CUONT: images.cuont is not a setting; did you mean count?",
        ),
        ("PEITU_OUTPUTDIR", "x", "PEITU_OUTPUTDIR: outputdir is not a setting; did you mean output_dir?"),
        (
            "PEITU_IMAGES__ORDER",
            '["dashscope"',
            "PEITU_IMAGES__ORDER: images.order is '[\"dashscope\"'; it should be a list",
        ),
        ("PEITU_IMAGES", "3", "PEITU_IMAGES: images is '3'; it should be a mapping"),
        ("PEITU_LLM__PROVIDER", "gpt", "PEITU_LLM__PROVIDER: llm.provider is 'gpt'"),
        (
            "PEITU_CONFIG",
            "gone.yaml",
            "configuration file 'gone.yaml' does not exist; name another: --config or PEITU_CONFIG",
        ),
    ],
)
def test_wrong_variable_is_named(
    name: str, value: str, expected: str, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is named, since no file has the mistake; in `.env`, this is said too."""
    (workplace / ".env").write_text(f"{name}='{value}'\n")
    in_file = message_of()
    monkeypatch.setenv(name, value)

    assert expected.replace(": ", " in .env: ", 1) in in_file or expected in in_file
    assert message_of().startswith(expected)


def test_wrong_argument_is_named(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument is blamed before the variable that it beats."""
    monkeypatch.setenv("PEITU_IMAGES__COUNT", "1")

    assert "argument: images.count is 99; it should be less than or equal to 50" == message_of(
        overrides={"images.count": 99}
    )


@pytest.mark.parametrize(("name", "expected"), [("gone.yaml", "does not exist"), (".", "is not a file")])
def test_missing_file_is_named(name: str, expected: str, workplace: Path) -> None:
    """A file that was asked for by name has to be there."""
    assert f"configuration file {name!r} {expected}; name another" in message_of(Path(name))


def test_file_of_another_encoding_is_named(workplace: Path) -> None:
    """A file in GBK is no riddle."""
    Path("config.yaml").write_bytes("style: 配图".encode("gbk"))
    Path("mine.yaml").write_text("style: 配图", encoding="utf-8")

    assert "config.yaml: this is not UTF-8 text; save it as UTF-8" == message_of()
    assert "配图" == load_settings(Path("mine.yaml")).style


def test_key_in_the_place_of_its_name_is_not_repeated(workplace: Path) -> None:
    """Somebody who pastes a key into `api_key_env` does not find it in a message."""
    Path("config.yaml").write_text(
        "llm: {providers: {minimax: {api_key_env: sk-0123456789abcdef0123}}}", encoding="utf-8"
    )

    message = message_of()

    assert "api_key_env is not usable; it should be the name of a variable, never the key itself" in message
    assert "sk-" not in message


def test_foreign_and_broken_lines_of_the_environment_file_are_passed_over(workplace: Path) -> None:
    """Other programs share `.env`, and a line that is no assignment spoils none of the others."""
    Path(".env").write_text(
        "\ufeffMODELSCOPE_API_KEY=ms-1\nthis is no assignment\nNODE_ENV=x\nOTHER='open\nPEITU_STYLE=ink\n",
        encoding="utf-8",
    )

    assert "ink" == load_settings().style
    assert "ms-1" == environment_value("MODELSCOPE_API_KEY")


def test_environment_file_of_another_encoding_is_named(workplace: Path) -> None:
    """A `.env` in GBK is no riddle."""
    Path(".env").write_bytes("# 密钥\n".encode("gbk"))

    assert ".env cannot be read (UnicodeDecodeError); save it as UTF-8 text" == message_of()


def test_keys_come_from_the_environment_then_the_file(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment beats `.env`, and what is empty is not set."""
    Path(".env").write_text("MODELSCOPE_API_KEY=file\nDASHSCOPE_API_KEY=file\nMINIMAX_API_KEY=\nMY_KEY=mine\n")
    monkeypatch.setenv("MODELSCOPE_API_KEY", "process")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "")

    assert "process" == environment_value("MODELSCOPE_API_KEY")
    assert "file" == environment_value("DASHSCOPE_API_KEY")
    assert "mine" == environment_value("MY_KEY")
    assert environment_value("NOT_THERE") is None


def test_a_line_that_names_another_variable_is_read_anew(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it names may have changed, while the file is the same."""
    Path(".env").write_text("MY_KEY=${OTHER}\n")
    found = []
    for value in ("one", "two"):
        monkeypatch.setenv("OTHER", value)
        found.append(environment_value("MY_KEY"))

    assert ["one", "two"] == found


def test_an_entry_with_the_very_name_is_meant(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside one that differs by capitals and hyphens alone."""
    entry = "{base_url: 'http://h/v1', model: m}"
    (workplace / "config.yaml").write_text(f"llm: {{providers: {{My-Model: {entry}, my_model: {entry}}}}}")
    monkeypatch.setenv("PEITU_LLM__PROVIDERS__MY_MODEL__MODEL", "other")
    known = load_settings().llm.providers

    assert ("m", "other") == (known["My-Model"].model, known["my_model"].model)


@pytest.mark.parametrize("loras", [{"a/x": 0.5}, {f"a/{number}": 1 / 7 for number in range(7)}])
def test_loras_that_do_not_add_up(loras: dict[str, float], workplace: Path) -> None:
    """Six at most, whose weights sum to one."""
    message = message_of(overrides={"images.modelscope.loras": loras})

    assert "should be 1 to 6 repositories with weights that sum to 1" in message


def test_a_line_of_the_env_file_that_is_none_is_named(workplace: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By its number alone, since it may hold a key; the others count."""
    (workplace / ".env").write_text("PEITU_STYLE=ink\nMODELSCOPE_API_KEY: ms-secret\n")

    assert "ink" == load_settings().style
    assert [".env: line 2 is ignored - write NAME=value"] == caplog.messages
