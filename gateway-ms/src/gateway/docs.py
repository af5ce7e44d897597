"""Serves the merged OpenAPI document and Swagger UI.

The page has no inline script and loads nothing from other hosts. Swagger UI's files are part of the
package fastapi-offline.
"""

from importlib import resources
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from gateway.dependencies import Services

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_STATIC = Path(str(resources.files("gateway"))) / "static"
_SWAGGER_UI = Path(str(resources.files("fastapi_offline"))) / "static"
_FOLDERS = {
    "swagger-ui-bundle.js": _SWAGGER_UI,
    "swagger-ui.css": _SWAGGER_UI,
    "favicon.png": _SWAGGER_UI,
    "initialize.js": _STATIC,
}

router = APIRouter(include_in_schema=False)


@router.get("/api/openapi.json")
async def get_document(request: Request) -> Response:
    """Return the OpenAPI document of all services."""
    services: Services = request.app.state.services
    return Response(await services.api_document.get(), media_type="application/json")


@router.get("/api/docs")
async def get_page() -> Response:
    """Return the page of Swagger UI."""
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return FileResponse(_STATIC / "docs.html", headers=headers)


@router.get("/api/docs/{file}")
async def get_file(file: str) -> Response:
    """Return a file that the page loads."""
    folder = _FOLDERS.get(file)
    if folder is None:
        raise HTTPException(404)
    return FileResponse(folder / file, headers={"Cache-Control": "public, max-age=3600"})
