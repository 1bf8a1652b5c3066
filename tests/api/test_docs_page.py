"""The page of the interface is made from the OpenAPI document, without scripts, on this machine."""

import re

import pytest

from commands import ROUTES
from tests.support.described import document, operations
from tests.support.service import World


@pytest.fixture(params=["zh", "en"])
def page(request: pytest.FixtureRequest, world: World) -> str:
    answer = world.get("/docs", lang=request.param)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    return str(answer.text)


def test_every_operation_and_type_is_on_the_page(page: str) -> None:
    """Each once, where a link can point to it."""
    for _, path, operation in operations():
        assert page.count(f'id="{operation["operationId"]}"') == 1
        assert path in page
    for name in document()["components"]["schemas"]:
        assert page.count(f'id="{name}"') == 1
    for name in ROUTES.messages:
        assert f"/commands/{name}" in page


def test_links_within_the_page_lead_somewhere(page: str) -> None:
    """Types are named by links to them."""
    targets = set(re.findall(r'href="#(\w+)"', page))
    assert {"ReportRepair", "Board", "Problem"} <= targets
    assert targets <= set(re.findall(r'id="(\w+)"', page))


def test_the_page_needs_nothing_from_elsewhere(page: str) -> None:
    """The strict policy of all answers would not let it."""
    for forbidden in ("<script", "<style", "style=", "http://", "https://", "src="):
        assert forbidden not in page


def test_the_page_speaks_the_language_asked_for(world: World) -> None:
    """Its headings do; without a wish it is that of the settings."""
    chinese, english = (world.get("/docs", lang=lang).text for lang in ("zh", "en"))
    assert "<h3>请求内容 " in chinese
    assert "<h3>Body " not in chinese
    assert "<h3>Body <code>application/json</code></h3>" in english
    assert "<h3>Body <code>application/yaml</code></h3>" in english
    assert world.get("/docs").text == chinese
    assert world.get("/docs", lang="fr").status_code == 422
