"""The gateway's own pages: the merged OpenAPI document and Swagger UI.

The page loads nothing from elsewhere and has no inline script: Swagger UI's files come with the
locked package fastapi-offline, and what starts it is a file of ours.
"""

from importlib import resources
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from gateway.openapi import Documents

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_OURS = Path(str(resources.files("gateway"))) / "static"
_SWAGGER = Path(str(resources.files("fastapi_offline"))) / "static"
_FILES = {
    "swagger-ui-bundle.js": _SWAGGER,
    "swagger-ui.css": _SWAGGER,
    "favicon.png": _SWAGGER,
    "initialize.js": _OURS,
}

router = APIRouter(include_in_schema=False)


@router.get("/api/openapi.json")
async def document(request: Request) -> Response:
    """Return the one document of all services."""
    documents: Documents = request.app.state.documents
    return Response(await documents.merged(), media_type="application/json")


@router.get("/api/docs")
async def page() -> Response:
    """Return Swagger UI's page."""
    return FileResponse(_OURS / "docs.html", headers={"Content-Security-Policy": POLICY})


@router.get("/api/docs/{file}")
async def asset(file: str) -> Response:
    """Return one of the files that the page loads."""
    folder = _FILES.get(file)
    if folder is None:
        raise HTTPException(404)
    return FileResponse(folder / file, headers={"Cache-Control": "public, max-age=3600"})
