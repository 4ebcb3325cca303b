"""The rooms of this gateway: which sockets are subscribed, what they are sent, catching up.

**How a published event reaches the subscribers of a room**::

    broker
      | events, published on the room's topic
      v
    RoomTable.on_events    finds the room by its name                          room_table.py
    Room.on_events         asks its replica what follows from the events       room.py
    Replica.on_events      returns Deliver: in Seq order, no hole, no repeat   ../replica/replica.py
    Room.deliver           queues them, and wakes the room in the work queue   room.py
    SendQueue.add_events   keeps them until a broadcast takes them             send_queue.py
      :  from the loop's next turn on, `WorkQueue` steps the room (in slices
      :  of 3 ms that all rooms share, ../runtime/work_queue.py)
    Room.step              begins a broadcast: takes one batch from the queue  room.py
                           and the list of subscribers
    FrameCache.frames      encodes each event of the batch once                frame_cache.py
    RoomBroadcast.step     sends the batch to a piece of the subscribers       broadcast.py
    fan_out                one `send` a socket, of the same bytes             ../transport/fanout.py

**How a socket that joins, or comes back, gets the events that it lacks**::

    RoomTable.join         the broker has let the socket in; its ack is next   room_table.py
      | `cursor`: the last Seq that the socket has, which is that of
      | `since`, or None for a fresh join
      v
    Room.catch_up          adds the socket to `CatchUps`; sends nothing yet    room.py
      :  the join's ack is sent; in a later turn of the loop
      :  `WorkQueue` steps the catch-ups of the room
    CatchUps.step          waits until the replica is live and                 catch_ups.py
      |                    `broadcast_head` is not below the ack's head;
      |                    sends what is above the cursor, piece by piece
      |   from the tail    the newest events, in memory                        ../replica/tail.py
      |   or the backfill  one page of the broker, shared by all that lack it  backfill.py
      v
    Room.subscribe         in the step in which the cursor reaches             subscribers.py
                           `broadcast_head`: the next broadcast to begin is
                           the first that the socket gets

So a socket that comes back with `since` 50 to a room at 100 has the cursor 50, is sent 51 to 100,
and is subscribed. A fresh join is sent the newest page: `CatchUps._find_beginning` puts its cursor
before that page.

**How a private room gets its events**: they come on the gateway's own topic, with the uids of the
room's members. `RoomTable.on_events` subscribes the members' sockets that are here
(`PrivateRoom.add`, private_room.py), each from its floor on. The rest is as above.

**The numbers.** Each is a Seq:

==========================  =====================================================================
`CatchUp.cursor`            the last Seq that a socket which is being caught up has
`CatchUp.join_head`         the head in the join's ack: the socket is subscribed no earlier
`Room.broadcast_head`       the last Seq handed to a broadcast: whoever was subscribed when the
                            broadcast began has all up to it, or is about to be sent it
`Replica.head`              the last Seq that this gateway has; from where its log begins, which
                            may be late, it has no hole
`Replica._log_head`         the highest Seq that this gateway knows to be on the broker's disk
`Session.floor(room)`       private rooms: events up to it are sent to the socket only if it joins
                            the room
==========================  =====================================================================

Within one epoch `broadcast_head` ≤ `Replica.head` ≤ `Replica._log_head` holds. A catch-up that
sends events has `cursor` ≤ `broadcast_head`; when the room grows meanwhile, the cursor passes
`join_head`. While a reset waits, `broadcast_head` is -1, and nobody is subscribed.
"""
