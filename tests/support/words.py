"""A vocabulary for complaints and repairs, and the fault for which a rulebook is refused."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from domain.kernel.documents import DocumentInvalid
from domain.kernel.kinds import Kinds
from domain.kernel.refusals import Phrase
from domain.kinds import KINDS
from domain.rulebook import read_rulebook, read_strictly
from tests.support.scenario import book

WORDS: Mapping[str, Any] = {
    "all": {
        "fields": {
            "channel": {"app": "物业 APP", "phone": "电话"},
            "source": ["letter", "hotline"],
            "until": "date",
        }
    },
    "complaint": {
        "title": "投诉",
        "fields": {
            "category": {"noise": "噪音", "parking": "停车"},
            "level": {"1": "一级", "2": "二级", "3": "三级"},
            "note": "text",
        },
    },
    "repair": {"fields": {"category": ["lift", "water"], "priority": [1, 2], "team": ["north"]}},
}


def document(kinds: Mapping[str, Any] = WORDS, **clocks: Mapping[str, Any]) -> dict[str, Any]:
    """A rulebook with a vocabulary and these clocks."""
    return {**book(**clocks), "kinds": copy.deepcopy(kinds)}


def fault(
    whole: Mapping[str, Any], *, kinds: Kinds = KINDS, sites: Collection[str] | None = None
) -> DocumentInvalid:
    """The fault for which a rulebook is refused, although it can be read."""
    read_rulebook(whole, kinds=kinds)
    with pytest.raises(DocumentInvalid) as caught:
        read_strictly(whole, kinds=kinds, sites=sites)
    assert isinstance(caught.value.sentence, Phrase)
    assert caught.value.sentence.endswith(".")
    assert caught.value.sentence.zh.endswith("。")
    return caught.value
