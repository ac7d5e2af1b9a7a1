"""Runs one Pulumi program for the language host: settings come as JSON on standard input.

A separate process, so that a program may use another interpreter, exit, or crash without taking the host along.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pulumi
from pulumi.runtime import reset_options, run_in_stack, set_all_config

#: Exit code for: the engine has been told what went wrong.
TOLD_THE_USER = 32


def _program(settings: dict[str, Any]) -> Any:
    """Return a function that runs the user's `__main__.py`, as `python FOLDER` would."""
    folder = Path(settings["directory"])
    target = folder / settings["entry_point"]

    def run() -> None:
        runpy.run_path(str(target / "__main__.py" if target.is_dir() else target), run_name="__main__")

    sys.path.insert(0, str(target if target.is_dir() else target.parent))
    sys.argv = [str(target), *settings["args"]]
    os.chdir(folder)
    return run


async def _cancel_rest() -> None:
    """Cancel what a failed program left pending; unawaited tasks would be reported on standard error."""
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


def _own_frames(failure: BaseException) -> str:
    """Return the traceback below this file, which is of no use to the author of the program."""
    frames = traceback.extract_tb(failure.__traceback__)
    ours = [i for i, f in enumerate(frames) if f.filename == __file__ or f.filename.startswith("<frozen runpy")]
    shown = frames[ours[-1] + 1 :] if ours else frames
    lines = [*traceback.format_list(shown), *traceback.format_exception_only(failure)]
    return "Program failed with an unhandled exception:\n" + "".join(lines)


def main() -> int:
    """Run the program; return 0, or `TOLD_THE_USER` after an error that was reported to the engine."""
    settings = json.load(sys.stdin)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    reset_options(
        project=settings["project"],
        stack=settings["stack"],
        organization=settings["organization"],
        monitor_address=settings["monitor_address"],
        engine_address=settings["engine_address"],
        parallel=settings["parallel"],
        preview=settings["preview"],
        root_directory=settings["root"],
    )
    set_all_config(settings["config"], settings["secret_keys"])
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    # Registrations block a thread each until the engine answers.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=max(settings["parallel"], 1) * 4))
    try:
        loop.run_until_complete(run_in_stack(_program(settings)))
    except pulumi.RunError as failure:
        pulumi.log.error(str(failure))
        return TOLD_THE_USER
    except grpc.RpcError as failure:
        # The engine is gone or going: it has said why, and there is nobody to tell.
        if failure.code() != grpc.StatusCode.UNAVAILABLE:
            pulumi.log.error(f"The engine refused a request: {failure.details()}")
        return TOLD_THE_USER
    except BaseException as failure:  # noqa: BLE001 - also SystemExit: whatever ends the program is reported
        if isinstance(failure, SystemExit) and failure.code in (0, None):
            return 0
        pulumi.log.error(_own_frames(failure))
        return TOLD_THE_USER
    finally:
        with suppress(Exception):
            loop.run_until_complete(_cancel_rest())
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
