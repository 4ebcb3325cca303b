"""The rooms of this gateway: which sockets are subscribed, what they are sent, catching up.

**How a published event reaches the subscribers of a room**::

    broker
      | events, published on the room's topic
      v
    RoomTable.on_events    finds the room by its name                          room_table.py
    Room.on_events         asks its replica what follows from the events       room.py
    Replica.on_events      returns Deliver: in Seq order, no hole, no repeat   ../replica/replica.py
    SendQueue.add_events   keeps them until the loop's next turn               send_queue.py
    Room.step              takes one batch from the queue, begins a broadcast  room.py
    RoomBroadcast.step     sends the batch to a piece of the subscribers       broadcast.py
    fan_out                one `send` a socket, of the same bytes
    ../transport/fanout.py

**How a socket that joins, or comes back, gets the events that it lacks**::

    Room.catch_up          after the join's ack; `cursor` is the last Seq that the socket has:
      |                    that of `since`, or None for a fresh join
      v
    CatchUps.step          sends what is above the cursor, piece by piece      catch_ups.py
      |   from the tail    the newest events, in memory                        ../replica/tail.py
      |   or the backfill  one page of the broker, shared by all that lack it  backfill.py
      v
    Room.subscribe         once the cursor is at `broadcast_head`: the next broadcast is the first
                           that the socket gets                                subscribers.py

So a socket that comes back with `since` 50 to a room at 100 has the cursor 50, is sent 51 to 100,
and is subscribed. A fresh join is sent the newest page: `CatchUps._find_beginning` puts its cursor
before that page.

**The numbers.** Each is a Seq; in each row the number is not above that of the next one, but for
`join_head`, which may be above `broadcast_head` for a moment:

==========================  =====================================================================
`Session.floor(room)`       private rooms: the last Seq that must not be sent (again)
`CatchUp.cursor`            the last Seq that a socket which is being caught up has
`CatchUp.join_head`         the head in the join's ack: the socket is subscribed no earlier
`Room.broadcast_head`       the last Seq handed to a broadcast: subscribers are level with it
`Replica.head`              the last Seq that this gateway has, all before it included
`Replica._log_head`         the highest Seq that this gateway knows to be on the broker's disk
==========================  =====================================================================

`Replica._log_head_when_asked` is the last of these as it was when a page was requested.
"""
