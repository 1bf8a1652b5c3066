"""How the command line is typed: options anywhere, help for every field, one language at a time."""

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from api.cli import main
from api.cli.commands import COMMANDS
from api.cli.context import HINTED, Context, command_line
from api.settings import Settings
from commands import ROUTES
from tests.docs.tables import arguments, subcommands
from tests.support.command_line import CASE, Guanjia

HAN = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    "asked",
    [
        ("--json", "board", "--limit", "1"),
        ("board", "--json", "--limit", "1"),
        ("board", "--limit=1", "--json"),
        ("--json", "--lang", "zh", "board", "--limit", "1"),
        ("board", "--limit", "1", "--lang=zh", "--json"),
    ],
)
def test_options_stand_before_or_after_the_command(made: Guanjia, asked: tuple[str, ...]) -> None:
    assert made(*asked).json["open"] == 1


def test_a_store_is_named_before_or_after_the_command(made: Guanjia, tmp_path: Path) -> None:
    other = str(tmp_path / "other.db")
    assert made("--store", other, "init", "--site", "x", "--json").json["store"] == other
    assert made("board", "--json", "--store", other).json["open"] == 0
    assert made("--store", other, "--json", "board").json["open"] == 0
    assert made("board", "--json").json["open"] == 1


def test_options_stand_among_the_arguments(made: Guanjia) -> None:
    now = datetime.now(UTC).isoformat()
    done = made("history", "--as-of", now, CASE, "--json")
    assert len(done.json["facts"]) == 2
    asked = ("ask", "--actor", "li", "PauseRepair", "--json", f"case={CASE}", "reason=parts")
    assert made(*asked).json["facts"] == 1
    assert made("history", CASE, "--json").json["facts"][-1]["actor"] == "li"


def test_the_version_is_that_of_the_package(guanjia: Guanjia) -> None:
    assert guanjia("--version").out == f"{version('guanjia')}\n"


def test_help_lists_commands_in_the_order_of_their_use(guanjia: Guanjia) -> None:
    listed = re.findall(r"^  ([a-z]+)  ", guanjia("--help").out, re.MULTILINE)
    assert listed == [command.name for command in COMMANDS]
    listed = re.findall(r"^  ([a-z]+)  ", guanjia("rulebook", "--help").out, re.MULTILINE)
    assert listed == ["list", "show", "diff", "check"]


def test_without_a_command_the_help_is_shown(guanjia: Guanjia) -> None:
    done = guanjia()
    assert done.code == 0
    assert done.out == guanjia("--help").out
    assert all(f"  {name.split()[0]} " in done.out for name in subcommands())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_help_is_in_one_language(guanjia: Guanjia, lang: str) -> None:
    """English help has no Chinese but in examples; Chinese help says everything in Chinese."""
    for name, command in subcommands().items():
        shown = guanjia(*name.split(), "--help", "--lang", lang).out
        said = [line for line in shown.splitlines() if not line.startswith("  guanjia ")]
        means = [command.about, *(argument.option.means for argument in arguments(command))]
        if lang == "zh":
            assert all(text.zh[:8] in shown and HAN.search(text.zh) for text in means), name
        else:
            assert not HAN.search("\n".join(said)), name


@pytest.mark.parametrize("name", ROUTES.messages)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_help_of_a_message_describes_every_field(
    capsys: pytest.CaptureFixture[str], name: str, lang: str
) -> None:
    message = ROUTES.messages[name]
    assert HAN.search(message.zh), name
    assert main(["ask", name, "--help", "--lang", lang]) == 0
    shown = capsys.readouterr().out
    (example,) = re.findall(rf"^  guanjia ask {name}( .*)?$", shown, re.MULTILINE)
    for field in fields(message):
        (line,) = re.findall(rf"^  {field.name} +(.+)$", shown, re.MULTILINE)
        required = ("必填" if lang == "zh" else "required") in line
        assert required == (f" {field.name}=" in example), field.name


def test_the_example_of_a_message_is_taken(made: Guanjia, capsys: pytest.CaptureFixture) -> None:
    """What the help shows is read as the command it is about."""
    assert made("ask", "PauseRepair", f"case={CASE}", "reason=parts").code == 0
    for name in ROUTES.messages:
        main(["ask", name, "--help", "--lang", "en"])
        shown = capsys.readouterr().out
        (example,) = re.findall(rf"^  guanjia (ask {name}.*)$", shown, re.MULTILINE)
        done = made(*shlex.split(example))
        assert done.code in {0, 3}, example
        unread = ("CommandInvalid", "CommandUnknown", "DataUnreadable", "WithoutZone")
        assert not done.err.startswith(unread), (example, done.err)


@pytest.mark.parametrize(
    ("variables", "flag", "lang"),
    [
        ({}, (), "zh"),
        ({"LANG": "en_GB.UTF-8"}, (), "en"),
        ({"LANG": "zh_CN.UTF-8"}, (), "zh"),
        ({"LANG": "fr_FR.UTF-8"}, (), "zh"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, (), "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, (), "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C.UTF-8"}, (), "en"),
        ({"LC_ALL": "en_US.UTF-8", "GUANJIA_LANG": "zh"}, (), "zh"),
        ({"GUANJIA_LANG": "zh"}, ("--lang", "en"), "en"),
        ({"LC_ALL": "en_US.UTF-8"}, ("--lang=zh",), "zh"),
    ],
)
def test_the_flag_then_the_environment_choose_the_language(
    guanjia: Guanjia,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    flag: tuple[str, ...],
    lang: str,
) -> None:
    """In what goes well, in what goes wrong, and in help."""
    guanjia("init")
    for name in ("LANG", "LC_ALL", "GUANJIA_LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert bool(HAN.search(guanjia(*flag, "board").out)) == (lang == "zh")
    assert bool(HAN.search(guanjia("history", "nothing", *flag).err)) == (lang == "zh")
    assert bool(HAN.search(guanjia("board", "--help", *flag).out)) == (lang == "zh")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_knows_commands_options_and_messages(
    guanjia: Guanjia, shell: str
) -> None:
    done = guanjia("completion", shell)
    assert done.code == 0
    assert all(name.split()[-1] in done.out for name in subcommands())
    assert all(name in done.out for name in ROUTES.messages)
    assert all(option in done.out for option in ("as-of", "store", "lang"))


def test_bash_completes_a_command(guanjia: Guanjia, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    script = tmp_path / "guanjia.bash"
    script.write_text(guanjia("completion", "bash").out, "utf-8")

    def completes(*words: str) -> set[str]:
        told = " ".join(f"'{word}'" for word in words)
        asked = (
            f"source {script}; COMP_WORDS=({told}); COMP_CWORD={len(words) - 1};"
            ' _guanjia; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run([bash, "-c", asked], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    assert completes("guanjia", "bo") == {"board"}
    assert completes("guanjia", "ask", "AcceptR") == {"AcceptRepair"}
    assert "--as-of" in completes("guanjia", "history", "--")
    assert "--store" in completes("guanjia", "history", "--")


def test_no_table_breaks_a_number(
    guanjia: Guanjia, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """However narrow the terminal: names, numbers and instants can be copied whole."""
    guanjia("init")
    case = "repair-" + "0123456789" * 8
    report = ("site=main", "household=h", "category=other", f"case={case}")
    guanjia("ask", "ReportRepair", *report)
    monkeypatch.setattr("api.cli.context.WIDE", 40)
    for asked in (("board",), ("clocks",), ("clocks", "--case", case)):
        shown = guanjia(*asked)
        assert case in shown.out, asked
        assert all(line == line.rstrip() for line in shown.out.splitlines())


def test_a_long_text_is_wrapped_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("api.cli.context.WIDE", 40)
    context = Context(Settings(), None)
    context.table(("case", "what"), [("repair-1", "water pipe broken in the kitchen " * 3)])
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) > 3
    words = {"water", "pipe", "broken", "in", "the", "kitchen"}
    assert set(shown.split()) == {"case", "what", "repair-1", *words}


def test_a_hint_may_name_any_command() -> None:
    assert set(HINTED) == {command.name for command in COMMANDS}


def test_a_hint_is_typed_as_this_program_was_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    called = tmp_path / "a b" / "guanjia"
    called.parent.mkdir()
    called.write_text("#!/bin/sh\n")
    called.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(called)])
    assert command_line("serve", "--store", "my store.db") == (
        "'a b/guanjia' serve --store 'my store.db'"
    )
    monkeypatch.setenv("PATH", str(called.parent))
    assert command_line("board") == "guanjia board"
    module = Path(main.__code__.co_filename).with_name("__main__.py")
    monkeypatch.setattr(sys, "argv", [str(module)])
    assert command_line("board").endswith(" -m api.cli board")
    monkeypatch.setattr(sys, "argv", ["/usr/lib/pytest/__main__.py"])
    assert command_line("board") == "guanjia board"
