"""The broker between its sockets, its store and its clock: commands, batches, turns, faults.

**What one turn does** (`Service.turn`, service.py; `broker/shell` drives it)::

    commands of gateways and scripts
      v
    Core.needs        says which facts of the store a command needs; all are read at once
    Core.handle       calls the one handler of the command, such as                      core.py
                      `say` in ../handlers/messages.py
      | effects: append this event and publish it (both by                  ../handlers/call.py
      | `Update.append`, which chooses the topics), answer the command            ../effects.py
      v
    Batch             gathers the effects of many commands, in order                    batch.py
    Core.tick         adds what time brings: leases, graces, presence, beacons
      v
    Committer         writes the batch with one sync to the disk          ../shell/committer.py
      | only then:
      v
    answers to gateways, then broadcasts on topics; consecutive events
    of a room are joined to one `Happened` by `merged`                      ../shell/merging.py

**How a broker starts**, also after another one has died::

    SqliteStore.open  takes the next term, and reads who was in which room  ../store/sqlite.py
    Core.__init__     calls `restore`, and pauses presence                              core.py
    restore           puts everybody back into their rooms                ../handlers/restore.py
      :  each gateway connects
    hello             binds the gateway to its new link             ../handlers/gateway_links.py
    register          keeps the sessions that the gateway names; its other sessions count as lost
    Core.tick         ends the pause when all gateways have registered, or a lease is over

**When a commit fails**, or the core itself (service_state.py), nothing of the waiting batches is
published. Their commands are answered `unavailable`; those that were refused stay refused, and
pages are still read from the store. Then the service makes a new core from what is on disk, under a
new term, and all gateways say hello to it. Until the store accepts writes again, this core refuses
the commands that write, and `Core.tick` is not called. `Service._probe` tries to write once a
second. When that succeeds, the service makes one more core, of one more term, which serves.
"""
