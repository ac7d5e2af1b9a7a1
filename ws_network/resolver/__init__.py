"""The resolver: from the names that deployments need to a new snapshot file.

`needed` says which names, `asking` asks DNS, `merge` judges the answers, `refresh` makes the new snapshot of the old
one (`changes` by name), `files` keeps it, `resolving` is the whole run. Only `asking` reaches a network, and only
`files` writes.
"""

from ws_network.resolver.asking import Asking, read_resolver
from ws_network.resolver.changes import Change, Event
from ws_network.resolver.observations import resolved_on
from ws_network.resolver.resolving import Resolution, Terms, resolve

__all__ = [
    "Asking",
    "Change",
    "Event",
    "Resolution",
    "Terms",
    "read_resolver",
    "resolve",
    "resolved_on",
]
