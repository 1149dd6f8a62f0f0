"""Find the path of the database without importing pydantic, so that `peitu runs` and `show` answer faster."""

from pathlib import Path

from tools.setup.environment import configuration_file, environment_value


def database_path(config: Path | None = None) -> Path:
    """Return `database.path` without checking the other settings.

    Only if the variable and the file do not simply name it, `load_settings` is imported and asked.

    Raises:
        ConfigError: The file is not YAML, or the setting is not a path.
    """
    import yaml

    written = environment_value("PEITU_DATABASE__PATH")
    if written is None and (file := configuration_file(config)):
        try:
            values = yaml.load(file.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
            written = values["database"]["path"]
        except (OSError, KeyError, TypeError, yaml.YAMLError):
            written = None
    if isinstance(written, str) and written.strip():
        return Path(written).expanduser()

    from tools.setup.settings import load_settings

    return load_settings(config).database.path
