"""The `visavis` command: a thin, lazily loaded table of commands.

Exit codes: 0 the job was done; 2 bad input, one clear line on stderr; 1 any other failure; 130 Ctrl-C.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from visavis.media.threads import SINGLE_THREADED, set_environment
from visavis_models.errors import InputError, VisavisError

# name -> what `visavis --help` says of it; the module of that name is imported only when the command is called
COMMANDS = {
    "demo": "Everything on this machine: server, agent and page; prints the address to open.",
    "call": "A headless caller in a real room: speaks, listens, records and measures.",
    "talk": "A speech file to a talking-face video, through the streaming path of a call.",
    "render": "A motion file to a video of a face that makes it.",
    "enrol": "A portrait from one picture, with a contact sheet to look at.",
    "duet": "Two agents in one room: they see, hear and talk to each other, recorded side by side.",
    "phone": "The agent on the phone, on this machine; `phone check` audits a project for open lines.",
    "dial": "Have the agent call a phone: allow-listed, limited, and with a report of what came of it.",
    "track": "A person's video to motion, one frame for each 40 ms.",
    "worker": "The LiveKit agent, for any LiveKit server.",
    "doctor": "A loopback call that names what is broken on this machine.",
    "bench": "The benchmarks of docs/benchmarks.md.",
}


class LazyGroup(click.Group):
    """Commands are imported when they are called: `visavis talk` never pays for LiveKit."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"visavis.cli.{name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="visavis")
def cli() -> None:
    """A face for your LiveKit voice agent, in real time, on your own machine."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    set_environment(SINGLE_THREADED)
    try:
        code = cli.main(args, prog_name="visavis", standalone_mode=False) or 0
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except click.exceptions.NoArgsIsHelpError as nothing:  # its message is the help
        click.echo(nothing.format_message(), err=True)
        code = 2
    except (click.UsageError, InputError) as error:
        code = fail(error, 2)
    except (click.ClickException, VisavisError) as error:
        code = fail(error, 1)
    sys.exit(code)


def fail(error: Exception, code: int) -> int:
    """Say what went wrong in exactly one line on stderr."""
    message = error.format_message() if isinstance(error, click.ClickException) else str(error)
    if isinstance(error, click.UsageError) and error.ctx:
        message = f"{message.rstrip('.')}; `{error.ctx.command_path} --help` says what there is"
    print(f"visavis: {' '.join(message.split())}", file=sys.stderr)
    return code
