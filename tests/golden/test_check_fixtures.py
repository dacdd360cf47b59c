"""What `check` makes of every status file that real OpenVPN wrote, against answers checked by eye.

The answers lie in check/, a file for each directory of fixtures, one line a client, route or row set
aside. After a deliberate change write them anew with `REWRITE_GOLDEN=1 pytest`, and read the diff.
"""

import io
import json
import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collector.check import check
from tests.status_files import FIXTURES

ANSWERS = Path(__file__).parent / "check"
DIRECTORIES = sorted(
    path
    for path in {path.parent for path in FIXTURES.rglob("*.log")}
    # 120 alike clients, and copies of one file every 2 s: nobody would read those.
    if path.name not in ("many", "series")
)


def answer(directory: Path) -> str:
    """One JSON object by file name, laid out so that a person can read it."""
    paths = sorted(directory.glob("*.log"))
    out = io.StringIO()
    status = check(paths, ZoneInfo("UTC"), out)
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [one.pop("file") for one in told] == [str(path) for path in paths]
    assert status == any("error" in one for one in told)
    files = zip(paths, told, strict=True)
    return "{\n" + ",\n".join(f'"{path.name}": {laid_out(one)}' for path, one in files) + "\n}\n"


def laid_out(value: Any, depth: int = 0) -> str:
    """JSON with a line for each thing of the upper two levels."""
    if depth == 2 or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {laid_out(one, depth + 1)}" for key, one in value.items()]
        return "{\n" + ",\n".join(items) + "\n}"
    return "[\n" + ",\n".join(laid_out(one, depth + 1) for one in value) + "\n]"


@pytest.mark.parametrize("directory", DIRECTORIES, ids=lambda d: str(d.relative_to(FIXTURES)))
def test_check_tells_what_it_told_before(directory: Path) -> None:
    """Every client, route, message and row set aside, in the keys of the API."""
    expected = ANSWERS / (str(directory.relative_to(FIXTURES)).replace("/", "_") + ".json")
    told = answer(directory)
    if os.environ.get("REWRITE_GOLDEN"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(told, encoding="utf-8")
    assert json.loads(told) == json.loads(expected.read_text(encoding="utf-8"))


def test_there_is_no_answer_without_its_fixture() -> None:
    """Left-over answers would be trusted and never compared."""
    names = {str(d.relative_to(FIXTURES)).replace("/", "_") + ".json" for d in DIRECTORIES}
    assert {path.name for path in ANSWERS.iterdir()} == names
