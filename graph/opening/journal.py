"""The log as the settings want it: for the command line and for the server behind Studio."""

from tools.setup.configuration import Settings
from tools.setup.environment import SECRET_VARIABLES, environment_value
from tools.setup.log import set_up_logging


def open_log(settings: Settings, *, terminal_level: str | None) -> None:
    """Send our lines to the log file, without the keys in use, and to standard error from `terminal_level` on.

    Raises:
        ConfigError: The log file cannot be written.
    """
    rules = settings.logging
    set_up_logging(
        level=rules.level,
        path=rules.path,
        rotation=rules.rotation,
        retention=rules.retention,
        terminal_level=terminal_level,
        secrets=[secret for name in SECRET_VARIABLES if (secret := environment_value(name))],
    )
