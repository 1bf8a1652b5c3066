"""For the words of the command line: every command, its options, help that teaches by examples."""

from __future__ import annotations

import argparse
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from api.cli import cases, figures, importing, stores
from api.cli.context import Context
from api.imports.rules import RulesPolicy
from api.settings import LANGUAGES, VARIABLES
from commands.routes import Routes

Run = Callable[[Context], int]

ABOUT: Final = """\
管家 Guanjia: holds a property-management team to its promises.

  guanjia serve --demo                  see it at work, nothing to prepare
  guanjia init --site garden --name 花园小区
  guanjia serve                         pages, HTTP and the scheduler on this machine
"""
CODES: Final = """\
exit codes: 0 done, 1 something is wrong, 2 usage, 3 refused, 4 store fault
"""


class _Commands:
    """Adds commands that share the options every command has."""

    def __init__(self, parser: ArgumentParser) -> None:
        self._commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def add(self, name: str, run: Run, about: str, examples: str) -> ArgumentParser:
        """A command with its help."""
        lines = "\n".join(f"  guanjia {line}" for line in examples.strip().splitlines())
        parser = self._commands.add_parser(
            name,
            help=about,
            description=about,
            epilog=f"examples:\n{lines}",
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        common = parser.add_argument_group("every command")
        common.add_argument(
            "--store",
            metavar="WHERE",
            help=f"SQLite path or postgresql:// address ({VARIABLES['store']}, guanjia.db)",
        )
        common.add_argument("--json", action="store_true", help="answer in JSON")
        common.add_argument(
            "--lang", choices=LANGUAGES, help=f"language ({VARIABLES['lang']}, LANG)"
        )
        parser.set_defaults(run=run)
        return parser


def build_parser(routes: Routes) -> ArgumentParser:
    """The parser of the whole command line, for the messages that `routes` know."""
    parser = ArgumentParser(
        prog="guanjia",
        description=ABOUT,
        epilog=CODES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = _Commands(parser)
    _beginning(commands)
    _upkeep(commands)
    _cases(commands)
    _asking(commands, routes)
    _figures(commands)
    return parser


def _serve(context: Context) -> int:
    from api.cli.serving import serve  # noqa: PLC0415 - only those who serve wait for the web framework

    return serve(context)


def _beginning(commands: _Commands) -> None:
    init = commands.add(
        "init",
        stores.init,
        "create a store with calendar, rulebook and a site 新建存储",
        "init\ninit --site garden --name 花园小区 --zone Asia/Shanghai\ninit --rulebook ours.yaml",
    )
    init.add_argument("--site", default="main", metavar="ID", help="the site's id (main)")
    init.add_argument("--name", metavar="NAME", help="the site's name (its id)")
    init.add_argument(
        "--zone", default="Asia/Shanghai", help="the site's time zone (Asia/Shanghai)"
    )
    init.add_argument("--rulebook", type=Path, metavar="FILE", help="instead of the shipped one")
    serve = commands.add(
        "serve",
        _serve,
        "answer HTTP on this machine, with the scheduler inside 启动服务",
        "serve\nserve --demo\nserve --port 9000 --store garden.db\n"
        "serve --workers 4 --store postgresql://guanjia@db/guanjia\n"
        "serve --kafka localhost:9092 --kafka-topic garden",
    )
    serve.add_argument(
        "--demo", action="store_true", help="a fresh store with a small neighbourhood"
    )
    serve.add_argument(
        "--port", type=int, metavar="N", help=f"0: any free one ({VARIABLES['port']}, 8484)"
    )
    serve.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help=f"processes that answer; more than 1 on PostgreSQL only ({VARIABLES['workers']}, 1)",
    )
    serve.add_argument(
        "--kafka",
        metavar="HOST:PORT[,...]",
        help=f"brokers to which every fact is published ({VARIABLES['kafka']}, none)",
    )
    serve.add_argument(
        "--kafka-topic",
        metavar="NAME",
        help=f"the topic, which no other log may use ({VARIABLES['kafka_topic']}, guanjia)",
    )
    publish = commands.add(
        "publish",
        stores.publish,
        "let a rulebook or a calendar take effect 发布规则或日历",
        "publish rulebook.yaml\npublish calendar-2027.json\npublish days-2027.csv",
    )
    publish.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="YAML or JSON; a CSV with a row per day adds years to the calendar cn",
    )


def _upkeep(commands: _Commands) -> None:
    into = commands.add(
        "import",
        importing.bring_in,
        "replay the history of a file 导入历史",
        "import examples/boston311/mapping.yaml requests.csv.gz --rejects rejects.csv",
    )
    into.add_argument("mapping", type=Path, metavar="MAPPING")
    into.add_argument("file", type=Path, metavar="FILE", help="CSV, gzipped or not")
    into.add_argument(
        "--rejects", type=Path, metavar="F", help="a file for rows that cannot be taken"
    )
    into.add_argument("--until", metavar="T", help="also record what falls due up to this instant")
    rules = into.add_mutually_exclusive_group()
    rules.set_defaults(rules=RulesPolicy.ASK)
    rules.add_argument(
        "--keep-rules",
        dest="rules",
        action="store_const",
        const=RulesPolicy.KEEP,
        help="judge by the rules in force where the mapping's differ",
    )
    rules.add_argument(
        "--publish-rules",
        dest="rules",
        action="store_const",
        const=RulesPolicy.PUBLISH,
        help="replace the rules in force where the mapping's differ",
    )
    into.add_argument(
        "--without-clocks", action="store_true", help="import although no clock would start"
    )
    rebuild = commands.add(
        "rebuild",
        stores.rebuild,
        "build views anew from the log and compare 重建视图",
        "rebuild\nrebuild clock_runs cases",
    )
    rebuild.add_argument("views", nargs="*", metavar="VIEW")
    commands.add(
        "doctor",
        stores.doctor,
        "look whether all is well; exit code 1 if not 体检",
        "doctor\ndoctor --json",
    )


def _cases(commands: _Commands) -> None:
    history = commands.add(
        "history",
        cases.history,
        "every fact of a case 工单履历",
        "history repair-01jd\nhistory repair-01jd --as-of 2026-11-20T14:30+08:00",
    )
    history.add_argument("case", metavar="CASE", help="its number, here or elsewhere")
    history.add_argument("--as-of", metavar="T", help="what was known at that instant")
    clocks = commands.add(
        "clocks",
        cases.clocks,
        "promises: running, due next, broken 时钟",
        "clocks --due\nclocks --lapsed\nclocks --case repair-01jd",
    )
    which = clocks.add_mutually_exclusive_group()
    which.add_argument("--due", action="store_true", help="running ones, due next first")
    which.add_argument("--lapsed", action="store_true", help="broken and not yet kept")
    which.add_argument("--case", metavar="CASE", help="those of one case")
    _paged(clocks)
    board = commands.add(
        "board", cases.board, "open work, worst first 看板", "board\nboard --site garden --limit 20"
    )
    board.add_argument("--site", metavar="ID")
    _paged(board)
    explain = commands.add(
        "explain",
        cases.explain,
        "how a deadline came about 解释时限",
        "explain complaint-01jd complaint.reply\nexplain repair-01jd repair.handling --cycle 2",
    )
    explain.add_argument("case", metavar="CASE")
    explain.add_argument("clock", metavar="CLOCK")
    explain.add_argument("--cycle", type=int, metavar="N", help="which run (the last)")


def _asking(commands: _Commands, routes: Routes) -> None:
    ask = commands.add(
        "ask",
        cases.ask,
        "any command of the engine 执行命令",
        "ask ReportRepair site=main household=1-2-301 category=水管 simple=true\n"
        "ask AcceptRepair case=repair-01jd technician=zhang --actor zhang\n"
        'ask RateService \'{"case": "repair-01jd", "rating": "dissatisfied"}\'',
    )
    ask.add_argument("name", metavar="NAME", help=", ".join(routes.messages))
    ask.add_argument("fields", nargs="*", metavar="JSON|key=value", help="- reads JSON from stdin")
    ask.add_argument("--actor", default="cli", metavar="WHO")
    ask.add_argument("--id", metavar="ID", help="asked twice under the same id it is done once")
    ask.add_argument("--occurred-at", metavar="T", help="when it happened, if not now")
    ask.add_argument(
        "--expect", type=int, metavar="VERSION", help="refuse if the case is at another"
    )


def _paged(parser: ArgumentParser) -> None:
    parser.add_argument("--limit", type=_count, default=50, metavar="N", help="how many (50)")
    parser.add_argument("--offset", type=_count, default=0, metavar="N", help="how many to skip")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= 1_000_000):  # noqa: PLR2004 - more is no page
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1000000")
    return int(text)


def _figures(commands: _Commands) -> None:
    judge = commands.add(
        "judge",
        figures.judge,
        "one line per run of every clock, as CSV 逐条评判",
        "judge\njudge --clock complaint.reply --out verdicts.csv\njudge --json",
    )
    judge.add_argument("--clock", metavar="NAME")
    judge.add_argument("--out", type=Path, metavar="F", help="a file instead of the terminal")
    kpi = commands.add(
        "kpi",
        figures.kpi,
        "figures by the rulebook's definitions 指标",
        "kpi\nkpi first_time_fix --by building\n"
        "kpi on_time --by department --months 2026-01..2026-03 --cases",
    )
    kpi.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="of the rulebook, or first_time_fix, satisfaction, on_time",
    )
    kpi.add_argument(
        "--by",
        metavar="DIMENSION",
        help="kind, site, building, category, steward, technician, month;"
        " on_time also by clock or by a label of the cases",
    )
    kpi.add_argument("--months", metavar="M[..M]", help="2026-01 or 2026-01..2026-03")
    kpi.add_argument("--cases", action="store_true", help="list the cases behind")
