"""Mutants that break a promise of a gateway's rooms: broadcasts, catch-ups, replicas, requests."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "a replay ends at the newest event",
        "gateway/replica/tail.py",
        "        missing = max(0, self.head - seq)\n",
        "        missing = max(0, self.head - seq - 1)\n",
        "tests/gateway/replica/test_tail.py",
    ),
    Mutant(
        "a hole is filled from the broker",
        "gateway/replica/replica.py",
        "        if self._state in _PROVEN:\n",
        "        if self._state is ReplicaState.LOADING:\n",
        "tests/gateway/replica/test_replica.py::test_a_hole_at_the_very_end_shows_by_the_head",
    ),
    Mutant(
        "a hole is asked for once",
        "gateway/replica/replica.py",
        "if self._log_head <= self.head or self._asked is not None:",
        "if self._log_head <= self.head:",
        "tests/gateway/replica/test_replica.py::test_a_hole_is_requested_once_and_newer_events_wait",
    ),
    Mutant(
        "nothing newer is delivered before a hole is filled",
        "gateway/replica/replica.py",
        "        while (held := self._release(self.head + 1)) is not None:\n",
        "        while self._held and (held := self._release(min(self._held))) is not None:\n"
        "            self._tail.head = held.seq - 1\n",
        "tests/gateway/replica/test_replica.py::test_a_hole_is_requested_once_and_newer_events_wait",
    ),
    Mutant(
        "a topic is live only when its mark was seen",
        "gateway/replica/replica.py",
        "            self._move(ReplicaEvent.RELINKED)\n",
        "            pass\n",
        "tests/gateway/replica/test_replica.py::test_on_a_new_link_a_room_that_missed_nothing_is_live_with_its_mark",
    ),
    Mutant(
        "another epoch starts over",
        "gateway/replica/replica.py",
        "            self._move(ReplicaEvent.BROKEN)\n            self._tail = ",
        "            self._tail = ",
        "tests/gateway/replica/test_replica.py::test_another_epoch_is_another_log",
    ),
    Mutant(
        "a page of an epoch that is over is not shown",
        "gateway/rooms/backfill.py",
        "if self._discarded or not page.epoch == epoch == replica.epoch:",
        "if False:",
        "tests/gateway/rooms/test_catch_ups.py::"
        "test_a_page_that_was_asked_for_in_an_epoch_that_is_over_is_not_shown",
    ),
    Mutant(
        "a socket that leaves during a broadcast gets nothing after the ack",
        "gateway/rooms/broadcast.py",
        "        self._excluded.add(session.socket)\n",
        "        pass\n",
        "tests/gateway/rooms/test_broadcast.py::"
        "test_a_socket_that_leaves_during_a_broadcast_gets_nothing_after_the_ack",
    ),
    Mutant(
        "nobody is subscribed above what broadcasts have taken",
        "gateway/rooms/send_queue.py",
        "return self._last_taken if self._events else replica_head",
        "return head",
        "tests/gateway/rooms/test_broadcast.py::"
        "test_each_subscriber_gets_each_event_once_and_in_order_whatever_happens",
    ),
    Mutant(
        "a socket subscribed during a broadcast gets the next one",
        "gateway/rooms/broadcast.py",
        "(to, len(to), batch)",
        "(to, 1 << 30, batch)",
        "tests/gateway/rooms/test_broadcast.py::"
        "test_each_subscriber_gets_each_event_once_and_in_order_whatever_happens",
    ),
    Mutant(
        "a socket that reads nothing of its catch-up is cut off",
        "gateway/rooms/catch_up.py",
        "            socket.cut_off_unread()\n",
        "            pass\n",
        "tests/gateway/rooms/test_catch_ups.py::test_a_socket_that_reads_nothing_of_its_catch_up_is_cut_off",
    ),
    Mutant(
        "what is asked after a join that waits comes after it",
        "gateway/chat/join_limiter.py",
        "            session.socket.hold()\n",
        "",
        "tests/gateway/chat/test_join_limiter.py::"
        "test_a_socket_whose_join_waits_is_read_no_further_until_its_turn",
    ),
    Mutant(
        "only so many joins are under way at once",
        "gateway/chat/join_limiter.py",
        "while self._queue and self.in_flight < self._joins_in_flight:",
        "while self._queue:",
        "tests/gateway/chat/test_join_limiter.py",
    ),
    Mutant(
        "what waits for a broadcast is bounded",
        "gateway/rooms/room.py",
        "        if self.is_full and events:\n",
        "        if False:\n",
        "tests/gateway/rooms/test_broadcast.py::"
        "test_a_room_with_more_events_than_the_queue_holds_requests_the_rest_later",
    ),
    Mutant(
        "events that many sockets lack are requested once",
        "gateway/rooms/backfill.py",
        "        if self._asking:\n            return\n",
        "",
        "tests/gateway/rooms/test_catch_ups.py::test_fresh_joins_share_one_request",
    ),
    Mutant(
        "a page is requested once, though a new link's request follows one that had no answer",
        "gateway/rooms/room.py",
        "if self.closed or not self.replica.waits_for(asked):",
        "if self.closed:",
        "tests/gateway/rooms/test_room.py::"
        "test_a_page_that_did_not_come_is_not_asked_for_again_if_another_was_asked_for",
    ),
    Mutant(
        "a page that was read before a deletion is not shown after it",
        "gateway/rooms/backfill.py",
        "        self._discarded = self._asking\n",
        "",
        "tests/gateway/rooms/test_catch_ups.py::"
        "test_a_page_that_was_read_before_a_deletion_is_not_shown_after_it",
    ),
    Mutant(
        "a private room reaches all members here, whoever was asked about",
        "gateway/rooms/room_table.py",
        "                if lacks_members:\n",
        "                if False:\n",
        "tests/gateway/chat/test_head_checks.py::test_a_member_who_came_after_the_question_is_sent_the_events_too",
    ),
    Mutant(
        "an empty page that comes late is not the newest one",
        "gateway/replica/replica.py",
        "page.events[-1].seq if page.events else 0",
        "page.events[-1].seq if page.events else page.head",
        "tests/gateway/replica/test_replica.py::test_an_empty_page_that_comes_late_is_not_the_newest_one",
    ),
    Mutant(
        "a room starts over with its whole newest page",
        "gateway/replica/replica.py",
        "self._load(page) if newest else []",
        "self._load(page)",
        "tests/gateway/rooms/test_room.py::"
        "test_a_room_does_not_start_over_with_the_events_that_it_missed_of_another_epoch",
    ),
    Mutant(
        "beacons that were missed lead to a look at all heads",
        "gateway/chat/maintenance.py",
        "        if beacon.beat > self._beat + BEACON_MEMORY:\n",
        "        if self._beat and beacon.beat > self._beat + BEACON_MEMORY:\n",
        "tests/system/faults/test_broadcasts.py::test_a_hole_is_seen_after_missed_beacons",
    ),
    Mutant(
        "a lost mark is asked for again",
        "gateway/rooms/marks.py",
        "now - asked[1] >= RETRY_S",
        "now - asked[1] >= 60 * RETRY_S",
        "tests/system/faults/test_broadcasts.py::test_marks_that_are_lost_are_asked_for_again",
    ),
    Mutant(
        "what is being left is not registered again",
        "gateway/rooms/sessions.py",
        "rooms = sorted({*s.rooms}.difference(s.leaving))\n",
        "rooms = sorted(s.rooms)\n",
        "tests/sim/test_crashes.py::test_a_leave_is_seen_once",
    ),
    Mutant(
        "who has gone is not registered again",
        "gateway/rooms/sessions.py",
        "            if s.uid and not s.gone:\n",
        "            if s.uid:\n",
        "tests/sim/test_crashes.py::test_a_leave_is_seen_once",
    ),
    Mutant(
        "who is banned hears no more, if their gateway is away",
        "gateway/chat/head_checks.py",
        '            session.send_away("banned", "you are banned")\n',
        "            pass\n",
        "tests/sim/test_bans.py::test_a_ban_holds_though_the_gateway_is_given_up",
    ),
    Mutant(
        "a private conversation reaches its members only",
        "gateway/rooms/room_table.py",
        "for s in self._sessions.of_people(uids) if not",
        "for s in self._sessions if not",
        "tests/system/test_direct.py::test_a_conversation_does_not_exist_for_others",
    ),
    Mutant(
        "pages that the browser was not shown are not skipped when it comes back",
        "gateway/chat/joins.py",
        "cursor = since.seq if since is not None and joined.recovered else None",
        "cursor = since.seq + 1 if since is not None and joined.recovered else None",
        "tests/system/test_recovery.py::test_exactly_the_missed_events_come",
    ),
)
