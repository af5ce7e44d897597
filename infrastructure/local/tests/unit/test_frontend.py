import os
from pathlib import Path

import pytest

from stack import frontend
from stack.settings import Mode, Settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "frontend"
    (folder / "src").mkdir(parents=True)
    (folder / "dist").mkdir()
    monkeypatch.setattr(frontend, "FOLDER", folder)
    monkeypatch.setattr(frontend, "BUILT", folder / "dist")
    return folder


def write(file: Path, seconds: int) -> None:
    file.write_text("x")
    os.utime(file, (seconds, seconds))


class TestNeedsBuild:
    production = Settings(mode=Mode.PRODUCTION)

    @pytest.mark.parametrize(("source", "built", "expected"), [(2, 1, True), (1, 2, False)])
    def test_is_true_when_a_source_is_newer_than_the_build(
        self, folder: Path, source: int, built: int, expected: bool
    ) -> None:
        write(folder / "package.json", 0)
        write(folder / "src" / "main.tsx", source)
        os.utime(folder / "src", (0, 0))
        write(folder / "dist" / "index.html", built)

        assert frontend.needs_build(self.production) is expected

    def test_is_true_when_there_is_no_build(self, folder: Path) -> None:
        write(folder / "package.json", 0)

        assert frontend.needs_build(self.production)

    def test_is_false_in_development(self, folder: Path) -> None:
        write(folder / "package.json", 0)

        assert not frontend.needs_build(Settings())

    def test_is_false_without_a_web_shop(self, folder: Path) -> None:
        assert not frontend.needs_build(self.production)


class TestHasServer:
    def test_is_false_without_a_web_shop(self, folder: Path) -> None:
        assert not frontend.has_server(Settings())

    def test_is_false_when_the_web_shop_is_left_out(self) -> None:
        settings = Settings(web="none")

        assert not frontend.exists(settings)
        assert not frontend.has_server(settings)
