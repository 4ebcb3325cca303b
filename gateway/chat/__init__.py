"""The chat: requests of browsers, answers and broadcasts of the broker, and periodic work.

**How a request becomes an ack**, here a `chat`::

    Socket.request           ../transport/sockets.py
      | the event's name and arguments
      v
    Chat.requested           has them checked (parsing.py of ../protocol)     chat.py
    Dispatcher.dispatch      makes a command of them: `Say`, with a number    dispatcher.py
    Link.ask                 keeps the command until it is answered, and      ../link/link.py
                             sends it to the broker
      :  the broker executes and commits it, then answers `Said`
    Link.read                finds the command that has the answer's number
    PendingChat.answer       makes the ack of the answer                      pending_request.py
    Socket.answer            sends the ack

**How a broadcast comes in**: the link calls `Chat.on_broadcast`, which passes events on to
`RoomTable.on_events`. `gateway/rooms/__init__.py` draws what follows.

**How a socket joins** (joins.py): `Joins.join` sends a `Join`. When it is answered,
`_PendingJoin.ack` calls `RoomTable.join`, which begins to catch the socket up, but sends nothing
yet. It returns whether the socket will get exactly the events that it missed, which is `recovered`
in the ack. (The repeat of a join begins nothing, and has `recovered` true.) Then the ack is sent,
and then the events: `gateway/rooms/__init__.py` draws this.
"""
