"""The public data sets, each imported once for all tests."""

from __future__ import annotations

import pytest

from tests.support.lived import Lived


@pytest.fixture(scope="session")
def boston():
    lived = Lived("boston311", "requests.csv.gz")
    yield lived
    lived.engine.close()


@pytest.fixture(scope="session")
def incidents():
    lived = Lived("uci_incidents", "incidents.csv.gz")
    yield lived
    lived.engine.close()


@pytest.fixture(scope="session")
def complaints():
    lived = Lived("cn_complaints", "complaints.csv.gz")
    yield lived
    lived.engine.close()
