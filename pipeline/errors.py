"""What can stop a run, grouped by what the person at the keyboard does next.

    PipelineError                1  a defect of ours: report it
    ├── SettingsError            2  mend pipeline.toml, an option or the environment
    ├── InputError               3  give other files
    ├── TargetError              4  mend the credentials, the network or the rights in the CRM
    │   └── RetryableError       4  the CRM is busy or out of reach: run again later
    ├── StageError               5  run the stage before this one
    ├── ContractError            6  rows do not add up or a table is not what was declared: report it
    ├── BusyError                7  another run holds the project: wait
    └── StorageError             8  make room on the disk, or mend its rights

Exit code 0 is success (rejected rows and quarantined files are part of a success: they are listed), 9 a load that
ended with rows failed or in doubt, 130 an interrupted run. A bad row is never an exception, it is a `Reject`.
"""

EXIT_ROWS_FAILED = 9
EXIT_INTERRUPTED = 130


class PipelineError(Exception):
    """Base of all expected errors: `message` says what happened, `hint` what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type["PipelineError"], tuple[str, str]]:
        """Survive the way back from a worker process with both texts."""
        return type(self), (self.message, self.hint)


class SettingsError(PipelineError):
    """A setting, option or environment variable is unknown or has no usable value."""

    exit_code = 2


class InputError(PipelineError):
    """There is no input file that can be read."""

    exit_code = 3


class TargetError(PipelineError):
    """The CRM cannot be used as it is set up: credentials, rights, address, answer."""

    exit_code = 4


class RetryableError(TargetError):
    """The CRM is busy or out of reach; the same run may succeed later."""


class StageError(PipelineError):
    """The tables of the stage before are missing, stale or damaged."""

    exit_code = 5


class ContractError(PipelineError):
    """A promise between parts of the program is broken: rows lost, a schema not kept."""

    exit_code = 6


class BusyError(PipelineError):
    """Another run holds the project or the org."""

    exit_code = 7


class StorageError(PipelineError):
    """A file could not be written: disk full, no right to write."""

    exit_code = 8
