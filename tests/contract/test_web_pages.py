"""nginx answers 404 to an address for which the web shop's router has no page."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUTER = (ROOT / "frontend/src/app/router.tsx").read_text(encoding="utf-8")
NGINX = ROOT / "nginx_proxy/production"

TABLE = re.compile(r"^const (\w+)Pages: RouteObject\[\] = \[\n(.*?)^\];", re.MULTILINE | re.DOTALL)
ROUTE = re.compile(r'^\s*(?:page|firstPage)\("([^"]*)"', re.MULTILINE)
ENTRY = re.compile(r'^\s*"~\*\^(/.*?)"\s+/index\.html;$', re.MULTILINE)
ID = "[0-9a-f]{24}"


def pages_of_the_router() -> list[str]:
    prefixes = {"account": "/account", "admin": "/admin"}
    return [
        f"{prefixes.get(table, '')}/{path}".rstrip("/") or "/"
        for table, routes in TABLE.findall(ROUTER)
        for path in ROUTE.findall(routes)
    ]


def entry_of(page: str) -> str:
    return "/$" if page == "/" else page.replace(":id", ID) + "/?$"


def test_nginx_lists_the_pages_of_the_router() -> None:
    # Given
    pages = pages_of_the_router()
    assert len(pages) == ROUTER.count("  page(") + ROUTER.count("  firstPage(")
    # When
    listed = ENTRY.findall((NGINX / "pages.conf.template").read_text(encoding="utf-8"))
    # Then
    assert sorted(listed) == sorted(entry_of(page) for page in pages if page != "/products/:id")


def test_nginx_has_the_page_of_a_product() -> None:
    assert "/products/:id" in pages_of_the_router()
    locations = (NGINX / "includes/frontend.conf.template").read_text(encoding="utf-8")
    assert f'location ~* "^/products/(?<product_id>{ID})/?$"' in locations
