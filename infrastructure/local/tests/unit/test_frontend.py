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


class TestHasToBeBuilt:
    production = Settings(mode=Mode.PRODUCTION)

    @pytest.mark.parametrize(("source", "built", "expected"), [(2, 1, True), (1, 2, False)])
    def test_where_a_source_is_newer(
        self, folder: Path, source: int, built: int, expected: bool
    ) -> None:
        write(folder / "package.json", 0)
        write(folder / "src" / "main.tsx", source)
        os.utime(folder / "src", (0, 0))
        write(folder / "dist" / "index.html", built)

        assert frontend.has_to_be_built(self.production) is expected
        assert not frontend.has_to_be_built(Settings())

    def test_where_it_never_was(self, folder: Path) -> None:
        write(folder / "package.json", 0)

        assert frontend.has_to_be_built(self.production)

    def test_where_there_is_no_web_shop(self, folder: Path) -> None:
        assert not frontend.has_to_be_built(self.production)
        assert not frontend.has_server(Settings())

    def test_is_left_out_where_it_is_not_wanted(self) -> None:
        settings = Settings(web="none")
        assert not frontend.exists(settings)
        assert not frontend.has_server(settings)
