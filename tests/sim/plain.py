"""A plain page of a run, as of the original web chat: it knows one room and no `since`."""

import json
from typing import Any

from common.names import LOBBY
from tests.sim.browser import Browser, Town
from tests.sim.history import Acked, Heard, Joined


class PlainPage(Browser):
    """It asks for acks, as the original does not: the ack of a join tells the judge at which Seq
    the page begins."""

    def __init__(self, town: Town, name: str) -> None:
        super().__init__(town, name)
        self.user = name
        self.uid = ""
        """A plain page is somebody else on each connection."""
        self.joined = False
        self.line: str | None = None
        """The names in the last `participant` event."""
        self.lines = 0
        self._texts = 0

    @property
    def settled(self) -> bool:
        return self.socket is not None and self.joined

    # --- the page of a browser -------------------------------------------------------------------

    def auth(self) -> dict[str, Any] | None:
        return None

    def begin(self) -> None:
        assert self.view is not None
        self.view.plain = True
        self.join()

    def ended(self) -> None:
        self.uid = ""
        self.joined = False
        self.line = None

    # --- what the person does --------------------------------------------------------------------

    def join(self, user: str = "") -> None:
        """Joins, or takes a new name."""
        self.user = user or self.user
        self.ask("join", self.user, self._joined)

    def say(self) -> None:
        """Says a message, and never again: since it has no id, a repetition would be another
        message."""
        self._texts += 1
        uid, text = self.uid, f"line {self._texts} of {self.name}"

        def acked(ack: dict[str, Any]) -> None:
            if ack["ok"]:
                self.town.acks.append(Acked(uid, LOBBY, ack["id"], ack["seq"], text))
            else:
                self._refused(ack)

        said = json.dumps({"user": self.user, "timestamp": 0, "message": text})
        self.ask("chat", said, acked)

    def look(self) -> None:
        """Finds out by a request whether it is still in the room."""
        self.ask("typing", self.user, lambda ack: None if ack["ok"] else self._refused(ack))

    # --- what it is told -------------------------------------------------------------------------

    def told(self, event: str, payload: Any) -> None:
        assert self.view is not None
        match event:
            case "chat":
                self.view.told.append(Heard.of(payload))
            case "participant":
                self.line = payload
                self.lines += 1

    def _joined(self, ack: dict[str, Any]) -> None:
        assert self.view is not None
        if ack["ok"]:
            self.view.uid = self.uid = ack["uid"]
            self.joined = True
            self.view.told.append(
                Joined(LOBBY, ack["epoch"], ack["seq"], ack["recovered"], None, ack["private"])
            )
        elif ack["error"]["code"] == "banned":
            self.say_goodbye()
        else:
            self._again()

    def _refused(self, ack: dict[str, Any]) -> None:
        if ack["error"]["code"] == "not_joined":
            if self.joined and not self.town.forgiven(self.uid):
                self.town.complain(f"{self.name} is in the lobby and told {ack['error']}")
            self.joined = False
            self._again()

    def _again(self) -> None:
        connection = self.connection

        def join() -> None:
            if self.connection == connection:
                self.join()

        self.town.time.after(0.5, join)
