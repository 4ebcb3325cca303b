"""static/js/models/text.js spells the names of rooms as common/names.py does."""

import json
import subprocess
import unicodedata

import pytest

from common.errors import Refused
from common.names import room_key
from scripts.processes import ROOT
from tests.support.surroundings import need_tool

pytestmark = pytest.mark.processes

SPELL = """
import { readFileSync } from "node:fs";
import { roomKey } from "./static/js/models/text.js";
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(roomKey)));
"""


def test_the_page_spells_every_room_as_the_broker_does() -> None:
    need_tool("node")
    keys = {}
    for char in map(chr, range(0x110000)):
        if unicodedata.category(char) in ("Cn", "Co", "Cs"):
            continue
        for name in (f"a{char}\u0301b", char):
            try:
                keys[name] = room_key(name)
            except Refused:
                break
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", SPELL],
        input=json.dumps([*keys]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    spelt = dict(zip(keys, json.loads(done.stdout), strict=True))
    wrong = {
        ascii(name): (ascii(keys[name]), ascii(spelt[name]))
        for name in keys
        if spelt[name] != keys[name]
    }
    assert wrong == {}
