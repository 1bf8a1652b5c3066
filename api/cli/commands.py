"""Lists the commands of the command line."""

from __future__ import annotations

from typing import Annotated, Final

from api.cli import asking, cases, comparing, completion, figures, importing, rulebooks, stores
from api.cli.context import Context
from api.cli.declared import Command, Group, Option
from api.settings import VARIABLES
from commands.routes import Routes
from domain.kernel.refusals import Phrase


def serve(
    context: Context,
    *,
    demo: Annotated[
        bool, Option(Phrase("a fresh store with a small neighbourhood", "新建带演示小区的存储"))
    ] = False,
    port: Annotated[
        int | None,
        Option(
            Phrase(
                f"0: any free one ({VARIABLES['port']}, 8484)",
                f"0 表示任一空闲端口（{VARIABLES['port']}，8484）",
            ),
            "N",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        Option(
            Phrase(
                f"processes that answer; several on PostgreSQL only ({VARIABLES['workers']}, 1)",
                f"应答进程数；仅 PostgreSQL 支持多于 1 个（{VARIABLES['workers']}，1）",
            ),
            "N",
        ),
    ] = None,
    kafka: Annotated[
        str | None,
        Option(
            Phrase(
                f"brokers to which every fact is published ({VARIABLES['kafka']}, none)",
                f"把每条事实发布到这些 Kafka 节点（{VARIABLES['kafka']}，默认不发布）",
            ),
            "HOST:PORT[,...]",
        ),
    ] = None,
    kafka_topic: Annotated[
        str | None,
        Option(
            Phrase(
                f"the topic, which no other log may use ({VARIABLES['kafka_topic']}, guanjia)",
                f"主题，不得与其他日志共用（{VARIABLES['kafka_topic']}，guanjia）",
            ),
            "NAME",
        ),
    ] = None,
) -> int:
    """Serve; only those who serve wait for the web framework."""
    from api.cli import serving  # noqa: PLC0415 - as said above

    del demo, port, workers, kafka, kafka_topic  # the context has them
    return serving.serve(context)


def _rulebook_commands(_: Routes) -> tuple[Command, ...]:
    return (
        Command(
            name="list",
            run=rulebooks.listed,
            about=Phrase("Every publication.", "发布记录。"),
            examples=("list", "list --json"),
        ),
        Command(
            name="show",
            run=rulebooks.show,
            about=Phrase("A publication as a whole, as YAML.", "以 YAML 显示一次发布的全文。"),
            examples=("show", "show 3 --json"),
        ),
        Command(
            name="diff",
            run=rulebooks.diff,
            about=Phrase("What changes from one to another.", "比较两个版本或文件。"),
            examples=("diff 3 5", "diff 5 garden.yaml"),
        ),
        Command(
            name="check",
            run=rulebooks.check,
            about=Phrase(
                "What publishing a file would refuse, change and mean for open cases.",
                "发布前检查：会拒绝什么、改变什么、对未结工单有何影响。",
            ),
            examples=("check garden.yaml", "check calendar-2027.json --cases 500"),
        ),
    )


COMMANDS: Final[tuple[Command | Group, ...]] = (
    Command(
        name="init",
        run=stores.init,
        about=Phrase(
            "Create a store with a calendar, a rulebook and a site.",
            "新建存储，附带日历、规则手册和一个项目。",
        ),
        examples=(
            "init",
            "init --site garden --name 花园小区 --zone Asia/Shanghai",
            "init --rulebook ours.yaml",
        ),
    ),
    Command(
        name="serve",
        run=serve,
        about=Phrase(
            "Answer HTTP on this machine, with the scheduler inside.",
            "在本机启动服务，内含调度器。",
        ),
        examples=(
            "serve",
            "serve --demo",
            "serve --port 9000 --store garden.db",
            "serve --workers 4 --store postgresql://guanjia@db/guanjia",
            "serve --kafka localhost:9092 --kafka-topic garden",
        ),
    ),
    Command(
        name="publish",
        run=rulebooks.publish,
        about=Phrase("Let a rulebook or a calendar take effect.", "发布规则手册或日历，使其生效。"),
        examples=(
            "publish rulebook.yaml --reason 'reply within 12 hours from January on'",
            "publish calendar-2027.json",
            "publish days-2027.csv",
        ),
    ),
    Group(
        name="rulebook",
        about=Phrase("What is published, and what would be.", "查看、比较和检查规则手册。"),
        commands=_rulebook_commands,
    ),
    Command(
        name="import",
        run=importing.bring_in,
        about=Phrase("Replay the history of a file.", "按原时间重放，导入文件中的历史。"),
        examples=("import examples/boston311/mapping.yaml requests.csv.gz --rejects rejects.csv",),
    ),
    Command(
        name="rebuild",
        run=stores.rebuild,
        about=Phrase(
            "Build tables anew from the log and compare.", "由日志重建数据表并与现有的比较。"
        ),
        examples=("rebuild", "rebuild clock_runs cases"),
    ),
    Command(
        name="doctor",
        run=stores.doctor,
        about=Phrase(
            "Check health; exit code 1 if something is wrong.", "体检；有问题时退出码为 1。"
        ),
        examples=("doctor", "doctor --deep --json"),
    ),
    Command(
        name="history",
        run=cases.history,
        about=Phrase(
            "Every fact of a case, or of a register such as rules.",
            "工单履历，或规则（rules）等台账的履历。",
        ),
        examples=(
            "history repair-01jd",
            "history repair-01jd --as-of 2026-11-20T14:30+08:00",
            "history repair-01jd --as-if stricter.yaml",
            "history rules",
        ),
    ),
    Command(
        name="clocks",
        run=cases.clocks,
        about=Phrase("Promises: running, due next, broken.", "时钟：进行中、即将到期、超时。"),
        examples=("clocks --due", "clocks --lapsed", "clocks --case repair-01jd"),
    ),
    Command(
        name="board",
        run=cases.board,
        about=Phrase("Open work, worst first.", "看板：未结工单，最急的在前。"),
        examples=("board", "board --site garden --limit 20"),
    ),
    Command(
        name="explain",
        run=cases.explain,
        about=Phrase("How a deadline came about.", "说明时限是怎样算出来的。"),
        examples=(
            "explain complaint-01jd complaint.reply",
            "explain repair-01jd repair.handling --cycle 2",
        ),
    ),
    Group(
        name="ask",
        about=Phrase("Any command of the engine.", "执行任一业务命令。"),
        commands=asking.messages,
        default=Command(
            name="ask",
            run=asking.ask,
            about=Phrase("Any command of the engine.", "执行任一业务命令。"),
            examples=asking.EXAMPLES,
        ),
    ),
    Command(
        name="judge",
        run=figures.judge,
        about=Phrase(
            "One line per run of every clock, as CSV.",
            "逐条评判：每个时钟的每次运行一行，CSV 格式。",
        ),
        examples=("judge", "judge --clock complaint.reply --out verdicts.csv", "judge --json"),
    ),
    Command(
        name="kpi",
        run=figures.kpi,
        about=Phrase("Figures by the rulebook's definitions.", "按规则手册的定义计算指标。"),
        examples=(
            "kpi",
            "kpi --period 2026-01 --site garden",
            "kpi first_time_fix --by building --period 2026",
            "kpi on_time --by month --period 2026-Q1",
            "kpi satisfaction --cases --limit 20",
            "kpi on_time --by category --csv",
            "kpi on_time --as-of 2026-06-30T23:59+08:00 --as-if stricter.yaml",
        ),
    ),
    Command(
        name="compare",
        run=comparing.compare,
        about=Phrase(
            "What other rules would have judged otherwise.", "按其他规则重新判定，列出不同之处。"
        ),
        examples=(
            "compare --as-if stricter.yaml",
            "compare --as-if 3 --period 2026-Q1 --site garden",
            "compare --as-if holidays.yaml --as-of 2026-06-30T23:59+08:00 --json",
        ),
    ),
    Command(
        name="completion",
        run=completion.write,
        about=Phrase(
            "A script that lets a shell complete commands and options.",
            "输出命令和选项的自动补全脚本。",
        ),
        examples=(
            "completion bash > ~/.local/share/bash-completion/completions/guanjia",
            "completion zsh > ~/.zfunc/_guanjia",
            "completion fish > ~/.config/fish/completions/guanjia.fish",
        ),
    ),
)
"""The commands in the order of the help."""
