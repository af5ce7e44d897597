from pathlib import Path

import pytest

from stack.diagnosis import advice, last_lines


class TestAdvice:
    @pytest.mark.parametrize(
        ("output", "expected"),
        [
            ("mongod: error while loading shared libraries: libcurl.so.4: cannot", "libcurl4"),
            ("write: No space left on device", "The disk is full"),
            ("[emerg] bind() failed (98: Address already in use)", "set another port"),
            ("java.lang.OutOfMemoryError: heap", "too little memory"),
            ("ModuleNotFoundError: No module named 'orders'", "make deps"),
        ],
    )
    def test_suggests_a_remedy_for_a_known_output(self, output: str, expected: str) -> None:
        assert expected in advice(output)

    def test_is_empty_for_an_unknown_output(self) -> None:
        assert advice("ValueError: 3") == ""


class TestLastLines:
    def test_returns_the_end_of_a_long_log(self, tmp_path: Path) -> None:
        log = tmp_path / "kafka.log"
        log.write_text("".join(f"line {number}\n" for number in range(5000)))

        assert last_lines(log, 2) == "    line 4998\n    line 4999"

    def test_reports_a_missing_log(self, tmp_path: Path) -> None:
        assert last_lines(tmp_path / "none.log") == "(nothing was written)"
