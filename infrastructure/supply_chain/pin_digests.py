"""Appends its present digest to each image of others that this repository names.

A tag can be moved to another image, a digest cannot. It needs Docker with buildx, and a registry
that answers. An image whose digest cannot be found keeps its tag.
"""

import re
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = (
    "docker-compose*.yml",
    "*/Dockerfile*",
    "infrastructure/kubernetes/**/*.yaml",
    ".circleci/config.yml",
    ".devcontainer/devcontainer.json",
)
REFERENCE = re.compile(r'(?:\bimage"?: +"?|^FROM )([\w./-]+[:@][\w.:@-]+)', re.MULTILINE)
OWN = ("kiosk/", "kiosk-dev/")
# CircleCI's machines are no images of a registry.
MACHINES = ("ubuntu-",)


def find_images(text: str) -> set[str]:
    """Return the images of others that a file names."""
    return {image for image in REFERENCE.findall(text) if not image.startswith(OWN)}


def find_files() -> list[Path]:
    """Return the files that can name an image."""
    return sorted(path for pattern in FILES for path in REPOSITORY.glob(pattern))


def find_digest(image: str) -> str | None:
    """Return the digest of an image in its registry."""
    inspected = subprocess.run(
        ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", image],
        capture_output=True,
        text=True,
        check=False,
    )
    return inspected.stdout.strip() if inspected.returncode == 0 else None


def main() -> int:
    """Pin the images and return the exit code."""
    texts = {path: path.read_text(encoding="utf-8") for path in find_files()}
    named = {image for text in texts.values() for image in find_images(text)}
    missing = []
    for image in sorted(image for image in named if not image.startswith(MACHINES)):
        tagged = image.partition("@")[0]
        digest = find_digest(tagged)
        if digest is None:
            missing.append(tagged)
            continue
        print(f"{tagged}@{digest}")
        texts = {path: text.replace(image, f"{tagged}@{digest}") for path, text in texts.items()}
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    for image in missing:
        print(f"{image}: no registry has said its digest", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
