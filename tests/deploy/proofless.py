"""Calls the services directly, without a proof, and prints the status of each response.

It runs in the container of the gateway, which reaches all of them.
"""

import sys
import urllib.error
import urllib.request

CLAIMS = {"X-User-Role": "admin", "X-User-Email": "admin@admin.com", "X-User-Id": "a" * 24}
REQUESTS = (
    ("GET", "orders-ms", "/api/orders"),
    ("GET", "orders-ms", "/api/admin/orders"),
    ("POST", "products-ms", "/api/products"),
    ("GET", "authentication-ms", "/api/users"),
    ("GET", "products-ms", "/internal/products"),
    ("POST", "products-ms", "/internal/orders/cancel"),
    ("GET", "authentication-ms", "/internal/revocations"),
    ("POST", "authentication-ms", "/internal/accounts"),
)


def ask(method: str, service: str, path: str) -> int:
    """Send a request that claims to be from an admin, and return the status of the response."""
    body = b"{}" if method == "POST" else None
    headers = CLAIMS | {"Content-Type": "application/json"}
    request = urllib.request.Request(
        f"http://{service}:8000{path}", data=body, headers=headers, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


if __name__ == "__main__":
    sys.stdout.write("".join(f"{ask(*request)}\n" for request in REQUESTS))
