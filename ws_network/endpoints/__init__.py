"""What the other end of a flow is on a target: lists of addresses, names, groups, tags, or any address.

`model` has the records, `finder` the roles and peers, `by_name` the host names. Does not own rules.
"""

from ws_network.endpoints.finder import EndpointFinder
from ws_network.endpoints.model import AddressList, Endpoint, NameList, Origin, Reach

__all__ = ["AddressList", "Endpoint", "EndpointFinder", "NameList", "Origin", "Reach"]
