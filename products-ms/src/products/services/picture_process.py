"""The process that reads one upload: `python -m products.services.picture_process MEMORY_BYTES`.

It reads the upload from standard input. It writes the picture to standard output: a line of JSON
with the digest and the lengths of the sizes, and then the sizes. If the picture cannot be used, it
writes the reason instead, and exits with `UNUSABLE`.
"""

import json
import resource
import sys

from products.errors import PictureError
from products.models.picture import Picture, Size, read_picture

UNUSABLE = 65


def encode(picture: Picture) -> bytes:
    """Return what the process writes."""
    sizes = {size.value: len(data) for size, data in picture.encoded.items()}
    head = json.dumps({"digest": picture.digest, "sizes": sizes}).encode()
    return b"\n".join([head, b"".join(picture.encoded.values())])


def decode(output: bytes) -> Picture:
    """Return the picture that the process wrote."""
    head, _, content = output.partition(b"\n")
    fields = json.loads(head)
    encoded, start = {}, 0
    for name, length in fields["sizes"].items():
        encoded[Size(name)] = content[start : start + length]
        start += length
    return Picture(fields["digest"], encoded)


def main() -> None:
    """Read the upload."""
    _, highest = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]), highest))
    try:
        output, status = encode(read_picture(sys.stdin.buffer.read())), 0
    except PictureError as error:
        output, status = str(error).encode(), UNUSABLE
    sys.stdout.buffer.write(output)
    sys.stdout.flush()
    sys.exit(status)


if __name__ == "__main__":
    main()
