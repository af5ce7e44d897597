import sys
from pathlib import Path

import pytest

from shopkit.release import digest_of


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sample_release"
    (folder / "inner").mkdir(parents=True)
    for path in ("__init__.py", "inner/__init__.py", "inner/code.py"):
        (folder / path).write_text("pass\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "sample_release", raising=False)
    return folder


class TestDigestOf:
    def test_is_the_same_for_the_same_code(self, package: Path) -> None:
        before = digest_of("sample_release")
        (package / "notes.txt").write_text("not code", encoding="utf-8")
        assert digest_of("sample_release") == before
        assert len(before) == 16

    def test_changes_with_the_content_of_a_file(self, package: Path) -> None:
        before = digest_of("sample_release", "shopkit")
        (package / "inner" / "code.py").write_text("fixed = True\n", encoding="utf-8")
        assert digest_of("sample_release", "shopkit") != before

    def test_changes_with_the_name_of_a_file(self, package: Path) -> None:
        before = digest_of("sample_release")
        (package / "inner" / "code.py").rename(package / "inner" / "other.py")
        assert digest_of("sample_release") != before
