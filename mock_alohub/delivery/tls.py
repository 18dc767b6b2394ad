"""TLS as the transport speaks it."""

from __future__ import annotations

import ssl


def client_context(*, verify: bool) -> ssl.SSLContext:
    """TLS from version 1.2 on; with `verify`, the certificate's chain, date and host name must hold."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
