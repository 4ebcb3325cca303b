"""The broker between its sockets, its store and its clock: commands, batches, turns, faults.

**What one turn does** (`Service.turn`, service.py; `broker/shell` drives it)::

    commands of gateways and scripts
      v
    Core.needs        says which facts of the store a command needs; all are read at once
    Core.handle       checks the peer and its rights, then calls the one handler of the command,
                      such as `say` in ../handlers/messages.py                           core.py
      | effects: append this event, publish it, answer the command                ../effects.py
      v
    Batch             gathers the effects of many commands, in order                    batch.py
    Core.tick         adds what time brings: leases, graces, presence, beacons
      v
    Committer         writes the batch with one sync to the disk    ../shell/committer.py
      | only then:
      v
    answers to gateways, broadcasts on topics

**When a commit fails**, nothing of the batch is released: all its commands are answered
`unavailable`, and the service makes a new core from what is on disk, under a new term, as if the
process had been started again (service_state.py).
"""
