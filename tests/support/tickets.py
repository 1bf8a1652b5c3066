"""The beginning of a mapping for tickets, and a step that reports each of them."""

HEAD = """\
mapping: tickets
times: {zone: Asia/Shanghai}
site: {id: garden, name: Garden}
case: repair-t-{id}
steps:
"""
REPORT = """\
  - do: report_repair
    at: opened
    with: {household: "house-{id}", category: {column: kind}}
"""
