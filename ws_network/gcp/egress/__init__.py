"""What leaves a site on GCP: the egress rules of its firewall policy, and the host names of a Secure Web Proxy.

Owns both as plain data. Does not own resources (`ws_network.gcp.components`), nor what a rule of a firewall policy is
(`ws_network.gcp.render`).
"""

from ws_network.gcp.egress.firewall import egress_only
from ws_network.gcp.egress.matchers import session_matcher
from ws_network.gcp.egress.web_proxy import ProxyRule, UrlList, WebProxyRendering, proxy_band, render

__all__ = [
    "ProxyRule",
    "UrlList",
    "WebProxyRendering",
    "egress_only",
    "proxy_band",
    "render",
    "session_matcher",
]
