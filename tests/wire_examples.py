"""The examples of docs/wire.md, by part and heading."""

import json
import re
from pathlib import Path
from typing import Any

DOC = (Path(__file__).parents[1] / "docs/wire.md").read_text(encoding="utf-8")

FROM_BROWSER, TO_BROWSER = "Browser → gateway", "Gateway → browser"
COMMANDS, ANSWERS, BROADCASTS = "Gateway → broker", "Broker → gateway", "Broker → all"


def examples(part: str) -> list[tuple[str, Any]]:
    """(heading, example) in the order of the page. Of the Socket.IO parts, an array is an emitted
    event with its arguments, an object an ack (or, under `auth`, the handshake's)."""
    section = re.split(r"^##? ", DOC.split(f"\n## {part}\n")[1], maxsplit=1, flags=re.M)[0]
    found = []
    for chapter in re.split(r"^### ", section, flags=re.M)[1:]:
        heading, _, text = chapter.partition("\n")
        for block in re.findall(r"```json\n(.*?)```", text, re.S):
            found.append((heading, json.loads(block)))
    return found
