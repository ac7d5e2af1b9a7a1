"""The command line `ws-network`: one thin module per verb, each calling one public function of `ws_network`.

Owns arguments, exit codes and what a terminal shows. Does not own an answer: everything printed here is data of the
package. Never asks the network; the clock is read here alone, for `--as-of` and the end dates of `init`.
"""

from ws_network.cli.app import app, main

__all__ = ["app", "main"]
