"""The packets."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.protocol.packets import (
    Ack,
    Attachment,
    Closed,
    Connect,
    Disconnect,
    EventPacket,
    Head,
    Ignored,
    Malformed,
    Message,
    Packet,
    Pong,
    TooLong,
    TooLongConnect,
    read_engine,
    read_message,
)

MOST_VALUES = 100


def read(text: str) -> Packet:
    return read_message(text, MOST_VALUES)


def test_packets_of_stock_clients_are_read() -> None:
    assert read_engine("3") == Pong()
    assert read_engine("1") == Closed()
    assert read_engine("6") == Ignored()
    assert read_engine('42["a"]') == Message('2["a"]')
    assert read("0") == Connect("", None)
    assert read('0{"token":"x"}') == Connect("", {"token": "x"})
    assert read("0/admin?a=1,{}") == Connect("/admin", {})
    assert read("0/admin") == Connect("/admin", None)
    assert read("0/,{}") == Connect("", {})
    assert read("1") == Disconnect("")
    assert read("1/admin,") == Disconnect("/admin")
    assert read('2["a"]') == EventPacket("a", [], "")
    assert read('217["a",1,[2]]') == EventPacket("a", [1, [2]], "17")
    assert read('2["a","\\ud800"]') == EventPacket("a", ["\ud800"], "")
    assert read("37[]") == Ack()
    assert read('50-["a"]') == EventPacket("a", [], "")
    hole = {"_placeholder": True, "num": 0}
    assert read('4517-2["a",{"_placeholder":true,"num":0}]'[1:]) == EventPacket(
        "a", [hole], "2", 17
    )
    assert read('61-7[{"_placeholder":true,"num":0}]') == Ack(1)
    assert read_engine(b"\x01") == read_engine("bAQ==") == Attachment(b"\x01")


def test_an_event_nested_too_deep_is_too_long_and_a_broken_one_malformed() -> None:
    deep = "[" * 1500 + "]" * 1500
    assert read_message(f'217["a",{deep}]', 10_000) == TooLong("17")
    assert read_message(f'52-17["a",{deep}]', 10_000) == TooLong("17", 2)
    assert read_message(f'0{{"token":{deep}}}', 10_000) == TooLongConnect()
    assert read_message(f'0/x,{{"token":{deep}}}', 10_000) == Connect("/x", None)
    for broken in ('2["a",' + "[" * 1500, "2" + deep):
        with pytest.raises(Malformed):
            read_message(broken, 10_000)


def test_an_event_that_is_too_long_is_not_parsed_but_keeps_its_ack_id() -> None:
    many = "[" + '"a",' * MOST_VALUES + "1]"
    assert read("217" + many) == TooLong("17")
    assert read("2" + many) == read(Head('2["a","xxx')) == TooLong("")
    assert read("53-17" + many) == read(Head('53-17["a')) == TooLong("17", 3)
    assert read("0" + many) == read(Head('0{"a')) == TooLongConnect()
    assert read(Head('0/admin,{"a')) == Connect("/admin", None)
    assert read_engine(Head('42["a')) == Message('2["a')
    message = read_engine(Head('42["a'))
    assert isinstance(message, Message)
    assert isinstance(message.text, Head)
    assert read_engine(Head("bAQ")) == read_engine(None) == Attachment(None)


@pytest.mark.parametrize("bad", ["[" * 1000, "[1" + ",1" * 1000 + "]", '["a"' + ",1" * 1000])
def test_a_long_event_without_a_name_or_an_end_is_malformed(bad: str) -> None:
    with pytest.raises(Malformed):
        read("217" + bad)


@pytest.mark.parametrize("bad", ["51-", '5-["a"]', '51["a"]', '51000-["a"]', '5٣-["a"]', "5x-[]"])
def test_a_binary_event_says_how_many_attachments_it_has(bad: str) -> None:
    with pytest.raises(Malformed):
        read(bad)


@given(
    st.text(st.sampled_from('0123456789[]{}",-/x\ud800\x1e٣')) | st.text() | st.binary(max_size=9)
)
def test_any_text_gives_a_packet_or_malformed(text: str | bytes) -> None:
    with contextlib.suppress(Malformed):
        heard = read_engine(text)
        if isinstance(heard, Message):
            read(heard.text)
