"""What breaks the promises of the broker's shell and store: the disk, the clock, one broker."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "nothing is acked before it is on disk",
        "broker/shell/committer.py",
        '            failure = await self._commit(batch) if batch.writes else ""\n'
        "            await self._release(self._service.on_commit(failure))\n",
        '            await self._release(self._service.on_commit(""))\n'
        "            await self._commit(batch)\n",
        "tests/broker/shell/test_server.py",
    ),
    Mutant(
        "nothing is published before it is on disk",
        "broker/shell/committer.py",
        '            failure = await self._commit(batch) if batch.writes else ""\n',
        "            await self._release([r for r in batch.releases if isinstance(r, Publish)])\n"
        '            failure = await self._commit(batch) if batch.writes else ""\n',
        "tests/broker/shell/test_server.py",
    ),
    Mutant(
        "an ack outlives a power cut",
        "broker/store/schema.py",
        "PRAGMA synchronous = FULL",
        "PRAGMA synchronous = NORMAL",
        "tests/system/faults/test_power_cut.py::test_acked_messages_outlive_a_power_cut",
    ),
    Mutant(
        "time in which the broker was stopped does not count",
        "common/clock.py",
        "STEP_S = 1.0\n",
        "STEP_S = 1e9\n",
        "tests/common/test_clock.py::test_a_stopped_broker_loses_a_second_at_most",
    ),
    Mutant(
        "a gateway that is stopped for long is given up by its silence",
        "common/zmq_sockets.py",
        "    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, SILENCE_MS)\n",
        "    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, SILENCE_MS * 100)\n",
        "tests/system/faults/test_slow_readers.py::"
        "test_a_gateway_that_does_not_read_costs_the_broker_a_bounded_amount",
    ),
    Mutant(
        "what arrives while the broker waits for its store is taken afterwards",
        "broker/shell/turns.py",
        "        self._wanted = True\n        if self._idle",
        "        self._wanted = self._idle.is_set()\n        if self._idle",
        "tests/broker/shell/test_turns.py",
    ),
    Mutant(
        "nothing is acked that went to a file which is not in its place any more",
        "broker/store/sqlite.py",
        "            raise CommitUnknown(fault)",
        "            pass",
        "tests/broker/store/test_gone.py::test_a_commit_that_was_under_way_is_not_acked",
    ),
    Mutant(
        "one broker has a store, whatever the file is called",
        "common/store_lock.py",
        "            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "            pass\n",
        "tests/system/faults/test_store_goes.py::test_a_second_broker_never_has_the_store",
    ),
    Mutant(
        "what was deleted leaves the log",
        "broker/store/erasing.py",
        "wal_checkpoint(TRUNCATE)",
        "wal_checkpoint(PASSIVE)",
        "tests/broker/store/test_erasing.py",
    ),
    Mutant(
        "what was deleted leaves the database",
        "broker/store/schema.py",
        "secure_delete = ON",
        "secure_delete = FAST",
        "tests/broker/store/test_erasing.py",
    ),
)
