"""`python -m ws_network.cli`: the command line where `ws-network` is not on the path."""

from ws_network.cli import main

main()
