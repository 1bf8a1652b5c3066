"""Whatever happens to a log, nobody reads another fact than was stored without being told."""

from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from store.open import open_log
from tests.support import damage
from tests.support.damage import KINDS_OF_STATEMENTS, Harm, Truth, judge, statements_for
from tests.support.logs import Place

SEED = 20260302


@pytest.fixture(scope="module")
def older_and_whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes, Truth]:
    """A log's file when it was half as long, and when it was whole, with what it held then."""
    path = tmp_path_factory.mktemp("damage") / "guanjia.db"
    chance = Random(SEED)
    with closing(open_log(str(path))) as log:
        damage.fill(log, chance, damage.FACTS // 2)
    older = path.read_bytes()
    with closing(open_log(str(path))) as log:
        damage.fill(log, chance)
        truth = damage.truth_of(log)
    return older, path.read_bytes(), truth


def harmed(path: Path, whole: bytes, harm: Harm, chance: Random, truth: Truth) -> damage.Outcome:
    for file in path.parent.glob("guanjia.db*"):
        file.unlink()
    path.touch(0o600)
    path.write_bytes(whole)
    harm(path, chance)
    return judge(str(path), truth)


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        ("flip_bits", 150),
        ("zero_page", 40),
        ("garble_page", 30),
        ("garble_a_part", 40),
        ("swap_pages", 30),
        ("cut_the_file", 10),
        ("older_page", 50),
    ],
)
def test_damaged_bytes_never_change_what_is_read_unnoticed(
    tmp_path: Path, older_and_whole: tuple[bytes, bytes, Truth], kind: str, times: int
):
    older, whole, truth = older_and_whole
    harm = damage.older_page(older) if kind == "older_page" else getattr(damage, kind)
    chance = Random(f"{SEED} {kind}")
    path = tmp_path / "guanjia.db"
    outcomes = [harmed(path, whole, harm, chance, truth) for _ in range(times)]
    unnoticed = [number for number, o in enumerate(outcomes) if o.differs and not o.found]
    assert unnoticed == []
    found = Counter(o.found for o in outcomes)
    assert found[True] >= times * 0.6  # the rest hit what nobody reads


@pytest.mark.parametrize("kind", KINDS_OF_STATEMENTS)
def test_statements_never_change_what_is_read_unnoticed(on_disk: Place, kind: str):
    chance = Random(f"{SEED} {kind}")
    log = on_disk.open()
    damage.fill(log, chance, 150)
    truth = damage.truth_of(log)
    log.close()
    kept = Path(on_disk.address).read_bytes() if on_disk.engine == "sqlite" else b""
    for _ in range(3 if kept else 1):
        damage.run(on_disk, statements_for(kind, truth, chance))
        outcome = judge(on_disk.address, truth)
        assert outcome.found, kind
        if kept:
            Path(on_disk.address).write_bytes(kept)


def test_a_whole_log_is_found_whole(tmp_path: Path, older_and_whole: tuple[bytes, bytes, Truth]):
    _, whole, truth = older_and_whole
    outcome = harmed(tmp_path / "guanjia.db", whole, lambda *_: None, Random(0), truth)
    assert not outcome.found
    assert not outcome.differs


def test_harm_that_is_read_is_told_apart(
    tmp_path: Path, older_and_whole: tuple[bytes, bytes, Truth]
):
    """The judge would see a silent change, if there were one."""
    _, whole, truth = older_and_whole
    other = Truth(truth.rows[:-1], truth.receipts, truth.streams)
    outcome = harmed(tmp_path / "guanjia.db", whole, lambda *_: None, Random(0), other)
    assert outcome.differs
    assert not outcome.found
