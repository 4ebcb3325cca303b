"""The packets."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from gateway.packets import (
    Ack,
    Closed,
    Connect,
    Disconnect,
    Ignored,
    Malformed,
    Message,
    Pong,
    Request,
    read_engine,
    read_message,
)


def test_what_stock_clients_send() -> None:
    assert read_engine("3") == Pong()
    assert read_engine("1") == Closed()
    assert read_engine("6") == Ignored()
    assert read_engine('42["a"]') == Message('2["a"]')
    assert read_message("0") == Connect("", None)
    assert read_message('0{"token":"x"}') == Connect("", {"token": "x"})
    assert read_message("0/admin?a=1,{}") == Connect("/admin", {})
    assert read_message("0/admin") == Connect("/admin", None)
    assert read_message("0/,{}") == Connect("", {})
    assert read_message("1") == Disconnect("")
    assert read_message("1/admin,") == Disconnect("/admin")
    assert read_message('2["a"]') == Request("a", [], "")
    assert read_message('217["a",1,[2]]') == Request("a", [1, [2]], "17")
    assert read_message('2["a","\\ud800"]') == Request("a", ["\ud800"], "")
    assert read_message("37[]") == Ack()


@given(
    st.text(st.sampled_from('0123456789[]{}",-/x\ud800\x1e٣')) | st.text() | st.binary(max_size=9)
)
def test_any_text_gives_a_packet_or_malformed(text: object) -> None:
    with contextlib.suppress(Malformed):
        heard = read_engine(text)
        if isinstance(heard, Message):
            read_message(heard.text)
