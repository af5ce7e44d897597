"""Issues the certificates of the manifests: the test clusters lack cert-manager."""

import base64
import runpy
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tests.deploy.compose import REPOSITORY
from tests.deploy.manifests import Manifest, build_overlay

AUTHORITY = "authority"


def certificate_secrets(overlay: str) -> Iterator[str]:
    """Yield the manifest of each Secret that cert-manager would create for the servers."""
    make_secrets = runpy.run_path(
        str(REPOSITORY / "infrastructure" / "compose" / "make_secrets.py")
    )
    new_key: Callable[[], str] = make_secrets["new_ec_key"]
    certificate: Callable[..., str] = make_secrets["certificate"]
    authority_key: Any = load_pem_private_key(new_key().encode(), None)
    authority = certificate(
        "kiosk", authority_key.public_key(), "kiosk", authority_key, authority=True
    )
    for manifest in build_overlay(overlay).of_kind("Certificate"):
        spec: Manifest = manifest["spec"]
        if spec["issuerRef"]["name"] != AUTHORITY:
            continue
        key = new_key()
        public = load_pem_private_key(key.encode(), None).public_key()
        signed = certificate(
            spec["commonName"], public, "kiosk", authority_key, hosts=spec["dnsNames"]
        )
        files = {"tls.crt": signed, "tls.key": key, "ca.crt": authority}
        if {"type": "CombinedPEM"} in spec["additionalOutputFormats"]:
            files["tls-combined.pem"] = key + signed
        yield yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": spec["secretName"]},
                "data": {
                    name: base64.b64encode(text.encode()).decode() for name, text in files.items()
                },
            }
        )
