"""What is installed is whole: every file the program reads at run time is in the wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ("api", "commands", "domain", "projections", "scheduler", "store")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.glob("guanjia-*.whl")
    return zipfile.ZipFile(found)


def test_code_and_data_of_every_room_are_installed(wheel: zipfile.ZipFile):
    there = {
        str(path.relative_to(ROOT))
        for room in HOUSE
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {Path(name).suffix for name in there} >= {".py", ".json", ".yaml", ".sql", ".css"}
    assert there <= set(wheel.namelist())


def test_nothing_but_the_rooms_is_installed(wheel: zipfile.ZipFile):
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(HOUSE)


def test_the_command_is_installed(wheel: zipfile.ZipFile):
    (points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "guanjia = api.cli:main" in wheel.read(points).decode()
