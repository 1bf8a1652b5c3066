"""What people read first is short, says the same in both languages, and leads where it says."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.tables import ROOT

READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
HANDWRITTEN = [path for path in DOCUMENTS if path.name not in {"mapping.md", "benchmarks.md"}]


def translation(page: Path) -> Path:
    """The Chinese page beside an English one."""
    return page.with_name(page.name.replace(".md", ".zh-CN.md"))


HOW_TO = list(ROOT.glob("docs/how-to/*.md"))
TRANSLATED = [
    "README.md",
    "docs/tutorial.md",
    *sorted(
        f"docs/how-to/{p.name}" for p in ROOT.glob("docs/how-to/*.md") if "zh-CN" not in p.name
    ),
]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"```.*?```", re.DOTALL)
COMMENT = re.compile(r" +#.*")
NAMED = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


def test_a_readme_is_short():
    for path in READMES:
        assert len(path.read_text("utf-8").splitlines()) < 150


def commands(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [COMMENT.sub("", line) for block in blocks for line in block.splitlines()]


def folders(text: str) -> list[str]:
    return re.findall(r"^\| (`\w+/`) \| ", text, re.MULTILINE)


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_page_says_the_same_in_both_languages(name):
    """The same commands, folders, headings and links, each leading to its own language."""
    english, chinese = (path.read_text("utf-8") for path in (ROOT / name, translation(ROOT / name)))
    assert commands(english) == commands(chinese)
    assert folders(english) == folders(chinese)
    assert re.findall(r"^#+", english, re.MULTILINE) == re.findall(r"^#+", chinese, re.MULTILINE)
    assert links(english, ROOT / name) == links(chinese, ROOT / name)
    assert english.count("```") == chinese.count("```")


def links(text: str, page: Path) -> set[str]:
    """Where a page leads, besides to itself, with translations as what they translate."""
    found = {link.replace(".zh-CN.", ".") for link in LINK.findall(text)}
    return found - {page.name}


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_page_leads_to_pages_of_its_own_language(name):
    """A Chinese page names an English one only where there is no Chinese one."""
    english = ROOT / name
    chinese = translation(english)
    own = {english.name, chinese.name}
    for link in set(LINK.findall(english.read_text("utf-8"))) - own:
        assert ".zh-CN." not in link
    for link in set(LINK.findall(chinese.read_text("utf-8"))) - own:
        target = (chinese.parent / link.partition("#")[0]).resolve()
        assert ".zh-CN." in link or target.suffix != ".md" or not translation(target).exists(), link


def test_the_readme_names_every_folder():
    hidden = {"build", "dist", "htmlcov"}
    there = {
        f"`{path.name}/`"
        for path in ROOT.glob("[!._]*")
        if path.is_dir() and path.name not in hidden
    }
    assert set(folders(READMES[0].read_text("utf-8"))) == there


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("name", NAMED)
def test_links_lead_somewhere(name):
    path = ROOT / name
    for link in LINK.findall(FENCE.sub("", path.read_text("utf-8"))):
        if link.startswith(("https://", "http://")):
            continue
        target, _, anchor = link.partition("#")
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), link


@pytest.mark.parametrize("path", HANDWRITTEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_line_holds_one_sentence(path):
    text = FENCE.sub("", path.read_text("utf-8"))
    text = re.sub(r"<!-- generated.*?<!-- end[^>]*-->", "", text, flags=re.DOTALL)
    for line in text.splitlines():
        if line.startswith(("|", "- ", " ", "#", "!")) or re.match(r"\d\. ", line):
            continue
        assert not re.search(r"[.?!] [A-Z]|[。？！](?=.)", line), line


def test_every_page_of_the_documentation_can_be_reached_from_the_readme():
    seen, waiting = set(), [READMES[0]]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        links = {link.partition("#")[0] for link in LINK.findall(path.read_text("utf-8"))}
        found = {(path.parent / link).resolve() for link in links if link.endswith(".md")}
        waiting += [target for target in found if target not in seen and target.exists()]
    assert {path for path in DOCUMENTS if path.is_relative_to(ROOT / "docs")} <= seen


def glossary() -> dict[str, str]:
    text = (ROOT / "docs/glossary.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", text, re.MULTILINE)
    return {term: chinese for term, chinese in rows if term not in {"term", "---"}}


def test_the_glossary_has_one_row_per_idea_with_its_chinese_counterpart():
    text = (ROOT / "docs/glossary.md").read_text("utf-8")
    terms = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    once = [term for term in terms if term not in {"term", "---"}]
    assert len(once) == len(set(once))
    for term, chinese in glossary().items():
        assert re.search(r"[\u4e00-\u9fff]", chinese), term


@pytest.mark.parametrize(
    "term",
    ["case", "fact", "stream", "log", "envelope", "occurred_at", "recorded_at", "clock", "cycle",
     "service cycle", "target", "due", "lapse", "rung", "addressee", "acknowledge", "waiver",
     "verdict", "rulebook", "calendar", "make-up workday", "provisional", "first receiver",
     "second service", "first-time fix", "non-answer", "row set", "rebuild", "position", "command",
     "refusal", "writer", "timer queue", "site", "household", "steward", "backfill"],
)  # fmt: skip
def test_the_glossary_explains_the_words_of_the_code(term):
    assert term in glossary()


def test_the_changelog_begins_with_what_is_unreleased():
    heads = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heads[0] == "Unreleased"
    assert all(newer > older for newer, older in pairwise(heads[1:]))
