import importlib.util
import os
import sys
from collections import namedtuple
from pathlib import Path
from types import ModuleType

import pytest

from stack.settings import REPOSITORY


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = REPOSITORY / "infrastructure" / "local" / "bootstrap.py"
    specification = importlib.util.spec_from_file_location("bootstrap", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "LOCAL", tmp_path)
    return module


def write_script(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


class TestCertificates:
    VARIABLES = ("UV_SYSTEM_CERTS", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")

    def test_every_package_manager_trusts_the_authorities_of_the_system(
        self, bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        for variable in (*self.VARIABLES, "SSL_CERT_FILE"):
            monkeypatch.delenv(variable, raising=False)
        bundle = tmp_path / "authorities.crt"
        bundle.touch()
        monkeypatch.setattr(bootstrap, "CERTIFICATE_BUNDLES", ("/missing", str(bundle)))
        monkeypatch.setenv("PIP_CERT", "mine")
        # When
        bootstrap.trust_system_certificates()
        # Then
        values = [os.environ[variable] for variable in self.VARIABLES]
        assert values == ["1", "mine", str(bundle), str(bundle)]


class TestStep:
    def test_runs_again_only_when_an_input_changes(
        self, bootstrap: ModuleType, tmp_path: Path
    ) -> None:
        # Given
        lock, installed = tmp_path / "lock", []
        lock.write_text("a==1")

        def run_step() -> None:
            bootstrap.step(
                "a", tmp_path / "venv", [lock], lambda: installed.append(lock.read_text())
            )

        # When
        run_step()
        run_step()
        lock.write_text("a==2")
        run_step()

        # Then
        assert installed == ["a==1", "a==2"]

    def test_runs_again_after_a_failure(self, bootstrap: ModuleType, tmp_path: Path) -> None:
        def fail() -> None:
            raise bootstrap.BootstrapError("no network")

        for _ in range(2):
            with pytest.raises(bootstrap.BootstrapError, match="no network"):
                bootstrap.step("a", tmp_path / "venv", [], fail)


class TestCheckSpace:
    def test_names_the_free_space_when_it_is_too_small(
        self, bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = namedtuple("usage", "free")  # noqa: PYI024 - as shutil returns it.
        monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda _: usage(500_000_000))

        with pytest.raises(bootstrap.BootstrapError, match=r"has 0\.5 GB left; 2 GB are"):
            bootstrap.check_space()


class TestCheckMongod:
    def test_names_the_package_of_a_missing_library(
        self, bootstrap: ModuleType, tmp_path: Path
    ) -> None:
        error = "error while loading shared libraries: libcurl.so.4: cannot open"
        mongod = write_script(tmp_path / "mongod", f"echo '{error}' >&2; exit 127")

        with pytest.raises(bootstrap.BootstrapError, match=r"libcurl\.so\.4.*\n.*\n?.*libcurl4"):
            bootstrap.check_mongod(mongod)

    def test_accepts_a_mongod_that_starts(self, bootstrap: ModuleType, tmp_path: Path) -> None:
        bootstrap.check_mongod(write_script(tmp_path / "mongod", "echo db version v6.0.5"))


class TestCreateVenv:
    def test_names_the_package_of_a_missing_venv_module(
        self, bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        python = write_script(tmp_path / "python3", "echo ensurepip is not available; exit 1")
        monkeypatch.setattr(sys, "executable", str(python))

        with pytest.raises(bootstrap.BootstrapError, match=r"apt install python3\.\d+-venv"):
            bootstrap.create_venv(tmp_path / "venv")


class TestInstallUv:
    def test_installs_the_locked_version_and_digests(
        self, bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given
        locks: list[str] = []
        monkeypatch.setattr(
            bootstrap, "run", lambda command: locks.append(Path(command[-1]).read_text())
        )

        # When
        bootstrap.install_uv(bootstrap.VENV)

        # Then
        lines = locks[0].splitlines()
        assert lines[0].startswith("uv==")
        assert len(lines) > 1
        assert all(line.lstrip().startswith("--hash=sha256:") for line in lines[1:])


class TestUseAnotherPython:
    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "path"
        folder.mkdir()
        monkeypatch.setenv("PATH", str(folder))
        return folder

    @pytest.fixture
    def executed(self, bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        executed: list[str] = []
        monkeypatch.setattr(bootstrap.os, "execv", lambda path, _: executed.append(path))
        return executed

    @pytest.fixture
    def uv(self, bootstrap: ModuleType, tmp_path: Path) -> Path:
        """A uv that has no network."""
        (tmp_path / "uv" / "bin").mkdir(parents=True)
        return write_script(tmp_path / "uv" / "bin" / "uv", "exit 2")

    def test_uses_the_newest_supported_one_on_the_path(
        self,
        bootstrap: ModuleType,
        path: Path,
        executed: list[str],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        # Given: one is too new, one is the command of a version manager for a missing version.
        for minor, script in ((15, ""), (14, "exit 127"), (13, ""), (11, "")):
            write_script(path / f"python3.{minor}", script)
        # When
        bootstrap.use_another_python()
        # Then
        python = str(path / "python3.13")
        assert executed == [python]
        this = f"3.{sys.version_info[1]}"
        output = capsys.readouterr().out
        assert output == f"Python 3.11 to 3.14 is needed, and this is {this}. Using {python}.\n"

    def test_downloads_one_if_none_is_on_the_path(
        self,
        bootstrap: ModuleType,
        path: Path,
        executed: list[str],
        uv: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        # Given
        python = tmp_path / "python" / "cpython-3.14" / "bin" / "python3.14"
        write_script(
            uv,
            f"echo $* > {tmp_path}/arguments\n"
            f"/bin/mkdir -p {python.parent}\n"
            f"echo '#!/bin/sh' > {python}\n"
            f"/bin/chmod +x {python}",
        )
        # When
        bootstrap.use_another_python()
        # Then
        assert executed == [str(python)]
        assert (tmp_path / "arguments").read_text() == (
            f"python install --no-bin --install-dir {tmp_path}/python 3.14\n"
        )
        output = capsys.readouterr().out
        assert "Downloading Python 3.14 with uv." in output
        assert f"Using {python}." in output

    def test_says_what_to_install_if_there_is_no_network(
        self,
        bootstrap: ModuleType,
        path: Path,
        executed: list[str],
        uv: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert bootstrap.use_another_python() == 1
        assert executed == []
        error = capsys.readouterr().err
        assert "Python 3.11 to 3.14 is needed" in error
        assert "No other is on the PATH, and none could be downloaded." in error
        assert "apt install python3 python3-venv" in error
