"""What breaks the promises of a gateway's connections, to browsers and to the broker."""

from tests.mutants.mutant import Mutant

DIFFERENTIAL = (
    "tests/gateway/server/test_listener_differential.py::"
    "test_odd_requests_have_the_same_outcome[pair0]"
)
MUTANTS = (
    Mutant(
        "a long pass holds the loop for one slice",
        "gateway/runtime/work_queue.py",
        "                if self._loop.time() >= until:\n",
        "                if self._loop.time() >= until + 1:\n",
        "tests/gateway/runtime/test_work_queue.py::"
        "test_a_hundred_works_together_hold_the_loop_no_longer_than_one",
    ),
    Mutant(
        "an older broker is not believed",
        "gateway/link/link.py",
        "        if message.term < self.term:\n",
        "        if message.term < 0:\n",
        "tests/gateway/link/test_link.py::test_answers_and_broadcasts_of_an_older_term_are_refused",
    ),
    Mutant(
        "what has no answer is sent again on a new link",
        "gateway/link/link.py",
        "self._resending = self.pending.frames()\n",
        "self._resending = iter(())\n",
        "tests/gateway/link/test_connector.py::test_a_new_link_registers_everything_and_sends_commands_without_an_answer_again",
    ),
    Mutant(
        "an outbox is bounded",
        "gateway/transport/outbox.py",
        "        if self.unsent_bytes > self.limit_bytes:\n",
        "        if False:\n",
        "tests/gateway/transport/test_outbox.py::test_unsent_bytes_are_bounded_by_polling_and_by_websocket",
    ),
    Mutant(
        "what the kernel does not take comes before what is newer",
        "gateway/transport/stream.py",
        "            self.unsent += data\n            return\n",
        "            pass\n",
        "tests/gateway/transport/test_stream.py::test_bytes_that_the_kernel_does_not_take_follow_in_order",
    ),
    Mutant(
        "the fan-out writes nothing before what is unsent",
        "gateway/transport/fanout.py",
        "_CLOSED if stream is None or stream.unsent or stream.ended else stream.sock",
        "_CLOSED if stream is None else stream.sock",
        "tests/gateway/transport/test_fanout.py::test_a_slow_socket_gets_everything_in_order_too",
    ),
    Mutant(
        "a browser with too many questions is read no further",
        "gateway/transport/connection.py",
        "        return self.socket is None or self.socket.may_ask\n",
        "        return True\n",
        "tests/gateway/transport/test_sockets.py::"
        "test_only_so_many_requests_are_unanswered_and_the_next_waits",
    ),
    Mutant(
        "nobody else waits while many browsers speak",
        "gateway/transport/poller.py",
        "min(TURN_SOCKETS, len(self._ready))",
        "len(self._ready)",
        "tests/gateway/transport/test_stream.py::test_other_callbacks_have_their_turn_after_some_sockets",
    ),
    Mutant(
        "who does not answer pings is cut off",
        "gateway/transport/heartbeat.py",
        "        else:\n            self._owner.cut_off()\n",
        "        else:\n            self._pinged = False\n",
        "tests/gateway/server/test_socketio_server.py::test_a_browser_that_does_not_answer_pings_is_gone",
    ),
    Mutant(
        "who never says CONNECT is sent away",
        "gateway/transport/heartbeat.py",
        "            self._times.wheel.set(self._deadline, self._times.connect_s)\n",
        "            self._times.wheel.set(self._deadline, self._times.connect_s * 1000)\n",
        "tests/gateway/server/test_socketio_server.py::test_a_connection_without_connect_is_closed_in_time",
    ),
    Mutant(
        "a handle kept for the fan-out is closed once something is unsent before it",
        "gateway/transport/stream.py",
        "        self.unsent = bytearray(rest)\n        self.renew()\n",
        "        self.unsent = bytearray(rest)\n",
        "tests/gateway/transport/test_fanout.py",
    ),
    Mutant(
        "the listener answers no page from elsewhere",
        "gateway/server/engineio_server.py",
        "(origin is None or self._origins.allow(origin, host))",
        "True",
        DIFFERENTIAL,
    ),
    Mutant(
        "the listener answers nobody who calls this machine by a stranger's name",
        "gateway/server/engineio_server.py",
        "self._hosts.allows(host) and ",
        "",
        DIFFERENTIAL,
    ),
    Mutant(
        "frames that came with the handshake are handled",
        "gateway/server/engineio_server.py",
        "        connection.open_websocket(sock, answer, handshake.early)\n",
        '        connection.open_websocket(sock, answer, b"")\n',
        DIFFERENTIAL,
    ),
    Mutant(
        "a request with a header twice is left to aiohttp",
        "gateway/server/plain_head.py",
        "            len(names) != len(headers)\n            or not",
        "            not",
        "tests/gateway/server/test_handshake.py::test_what_is_odd_is_left_to_aiohttp",
    ),
    Mutant(
        "an unread answer counts for its own session only",
        "gateway/server/http_connection.py",
        "            session.outbox.answered(self)\n",
        "            pass\n",
        "tests/gateway/server/test_http_connection.py::"
        "test_an_unread_answer_counts_for_its_own_session_only",
    ),
    Mutant(
        "a polling request with a parameter twice is left to aiohttp",
        "gateway/server/polling_request.py",
        '        if query.count(b"&") != given - 1:\n',
        "        if False:\n",
        "tests/gateway/server/test_polling_request.py::test_what_is_odd_is_left_to_aiohttp",
    ),
    Mutant(
        "a post is read when its body is there, and nothing behind it",
        "gateway/server/polling_request.py",
        "headers.content_length != str(len(body))",
        "headers.content_length is None",
        "tests/gateway/server/test_polling_request.py::test_what_is_odd_is_left_to_aiohttp",
    ),
    Mutant(
        "what comes behind a polling request waits for its answer",
        "gateway/server/http_connection.py",
        "        if self.busy or self.unsent:\n",
        "        if self.unsent:\n",
        "tests/gateway/server/test_http_connection.py::"
        "test_a_request_behind_a_poll_is_answered_after_it[False]",
    ),
    Mutant(
        "aiohttp gets what a polling browser has sent and nobody has answered",
        "gateway/server/http_connection.py",
        "        self._hand_over(given, data)\n",
        '        self._hand_over(given, b"")\n',
        "tests/gateway/server/test_http_connection.py::"
        "test_the_connection_is_handed_over_with_what_has_come_and_stays_with_aiohttp",
    ),
    Mutant(
        "an idle HTTP connection is closed",
        "gateway/server/http_connection.py",
        "        if self.busy:\n            self._wheel.set",
        "        if True:\n            self._wheel.set",
        "tests/gateway/server/test_http_connection.py::"
        "test_an_idle_connection_is_closed_and_one_that_waits_for_an_answer_is_not",
    ),
    Mutant(
        "a session whose poll's answer is lost ends",
        "gateway/server/http_connection.py",
        "            session.cut_off()\n",
        "            pass\n",
        "tests/gateway/server/test_http_connection.py::"
        "test_a_session_ends_if_the_answer_to_its_poll_is_lost_on_the_way",
    ),
    Mutant(
        "a poll takes no frames that its browser would not get",
        "gateway/transport/polling.py",
        "(answering is None or answering.is_closing())",
        "answering is None",
        "tests/gateway/server/test_http_connection.py::"
        "test_a_poll_whose_connection_broke_loses_no_frames",
    ),
    Mutant(
        "the last descriptors are not for WebSockets",
        "gateway/server/listener.py",
        "        if descriptor < self._stay_below:\n",
        "        if True:\n",
        "tests/gateway/runtime/test_descriptor_quota.py::"
        "test_a_websocket_does_not_keep_one_of_the_last_descriptors",
    ),
    Mutant(
        "without a free descriptor the listener does not spin",
        "gateway/server/listener.py",
        "        self._loop.remove_reader(self._socket)\n        self._loop.call_later",
        "        self._loop.call_later",
        "tests/gateway/server/test_listener.py::"
        "test_without_a_descriptor_it_pauses_and_then_goes_on",
    ),
    Mutant(
        "who is gone before the handshake is answered never connects",
        "gateway/transport/connection.py",
        "        if ws.ended:",
        "        if False:",
        "tests/gateway/transport/test_takeover.py::"
        "test_a_browser_that_is_gone_before_its_handshake_is_answered_never_connects",
    ),
)
