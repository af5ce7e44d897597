from pathlib import Path

from stack.mails import describe

MAIL = b"""\
To: ann@shop.example
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Date: Mon, 04 May 2026 12:00:00 +0000
Content-Type: text/plain; charset=utf-8

Hello
"""


def test_describes_each_mail(tmp_path: Path) -> None:
    path = tmp_path / "1.eml"
    path.write_bytes(MAIL)

    assert describe([path]) == (
        f"== {path}\n"
        "Date: Mon, 04 May 2026 12:00:00 +0000\n"
        "To: ann@shop.example\n"
        "Subject: Grüße\n"
        "\n"
        "Hello\n"
    )


def test_says_that_there_is_no_mail() -> None:
    assert describe([]) == "The shop has sent no mail yet."
