"""The command line `ws-network`: one thin module per verb, each calling one public function of `ws_network`.

Owns arguments, exit codes and what a terminal shows. Does not own an answer: everything printed here is data of the
package. Only `resolve` asks a network; the clock is read here alone, for `--as-of`, the end dates of `init` and the
times of observation.
"""

from ws_network.cli.app import app, main

__all__ = ["app", "main"]
