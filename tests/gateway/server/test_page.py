"""The page and its headers."""

from gateway.server.page import Page

ALONE = "connect-src 'self';"


def test_alone_the_page_knows_no_other_gateway() -> None:
    page = Page([], 4000)
    assert ' data-gateways="" ' in page.text
    assert ALONE in page.headers["Content-Security-Policy"]


def test_the_page_is_told_of_the_gateways_and_may_go_there() -> None:
    page = Page(["https://a.example", "http://b.example:4001"], 4000)
    assert ' data-gateways="https://a.example http://b.example:4001" ' in page.text
    policy = page.headers["Content-Security-Policy"]
    http, ws = "https://a.example http://b.example:4001", "wss://a.example ws://b.example:4001"
    assert f"{ALONE[:-1]} {http} {ws};" in policy
    assert "unsafe" not in policy


def test_values_in_the_page_stay_inside_their_quotes() -> None:
    assert '"><script>' not in Page(['"><script>'], 4000).text


def test_the_page_is_told_how_long_a_message_may_be() -> None:
    assert ' data-text-chars="300">' in Page([], 300).text
