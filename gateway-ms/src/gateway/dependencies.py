"""Wires the parts of the gateway to their dependencies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import aiohttp
from starlette.types import ASGIApp

from gateway.auth.keys import KeyStore
from gateway.auth.revocations import RevocationList
from gateway.auth.tokens import TokenVerifier
from gateway.fetch import Fetch, json_fetcher
from gateway.forwarding.client import ConnectionPool
from gateway.forwarding.endpoint import Endpoint
from gateway.forwarding.forward import Forwarder
from gateway.matching import RouteMap
from gateway.openapi import ApiDocument
from gateway.routes import Service, all_routes
from gateway.settings import SERVICE, GatewaySettings
from shopkit.checks import Check
from shopkit.proofs import ProofSigner


@dataclass(frozen=True)
class Services:
    """The parts of the gateway.

    Attributes:
        checks: The readiness checks, empty until the gateway runs.
    """

    endpoint: Endpoint
    keys: KeyStore
    revocations: RevocationList
    api_document: ApiDocument
    checks: Mapping[str, Check] = field(default_factory=dict)


def build(
    settings: GatewaySettings,
    own_pages: ASGIApp,
    requests: aiohttp.ClientSession,
    retries: aiohttp.ClientSession,
    streams: aiohttp.ClientSession,
) -> Services:
    """Return the parts of the gateway.

    Args:
        settings: The settings.
        own_pages: Responds to requests for the gateway's own paths.
        requests: The session for ordinary requests.
        retries: The session for requests whose connection broke.
        streams: The session for streams.
    """
    service_urls = {
        Service.AUTHENTICATION: settings.authentication_url,
        Service.PRODUCTS: settings.products_url,
        Service.ORDERS: settings.orders_url,
    }

    proofs = ProofSigner(SERVICE, settings.proof_key.get_secret_value())

    def fetcher(service: Service, path: str) -> Fetch:
        return json_fetcher(requests, service_urls[service] + path)

    def internal_fetcher(service: Service, path: str) -> Fetch:
        prove = partial(proofs.prove_service, service.full_name)
        return json_fetcher(requests, service_urls[service] + path, prove)

    keys = KeyStore(fetcher(Service.AUTHENTICATION, "/api/.well-known/jwks.json"))
    revocations = RevocationList(
        internal_fetcher(Service.AUTHENTICATION, "/internal/revocations"),
        max_age_seconds=settings.revocation_list_seconds,
    )
    routes = all_routes(chaos=settings.chaos_endpoints)
    return Services(
        endpoint=Endpoint(
            RouteMap(routes),
            TokenVerifier(keys, revocations),
            proofs,
            Forwarder(
                service_urls,
                ConnectionPool(requests),
                ConnectionPool(retries),
                ConnectionPool(streams),
            ),
            own_pages,
        ),
        keys=keys,
        revocations=revocations,
        api_document=ApiDocument(
            {service: fetcher(service, "/openapi.json") for service in service_urls}, routes
        ),
    )
