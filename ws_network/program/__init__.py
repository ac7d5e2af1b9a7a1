"""What the components of every cloud do with arguments and a plan inside a Pulumi program.

Owns the way from arguments to a plan that may be deployed, how a bad one stops the program (one sentence, no
traceback), and how findings are said. Does not own resources. Reads no file, no clock and no network.
"""

from ws_network.program.reading import check_forms, given_args, known_keys, whole_number
from ws_network.program.running import (
    ROLE_TAG,
    findings_output,
    given_id,
    ids_output,
    plan_of,
    stop_on_errors,
    user_errors,
    warn,
)

__all__ = [
    "ROLE_TAG",
    "check_forms",
    "findings_output",
    "given_args",
    "given_id",
    "ids_output",
    "known_keys",
    "plan_of",
    "stop_on_errors",
    "user_errors",
    "warn",
    "whole_number",
]
