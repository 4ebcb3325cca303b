"""One room's log as this gateway has it: without a hole, and no further than its head.

**How a gateway catches up with a public room**, when the room is new here::

    RoomTable.public       subscribes the room's topics                     ../rooms/room_table.py
    Marks.add              the mark of the room's topic is missing               ../rooms/marks.py

or when the link is new, on which `Link` has subscribed all topics before::

    Chat.on_link_up        calls `Maintenance.on_link_up`                          ../chat/chat.py
    Marks.on_link_up       the marks of all rooms' topics are missing            ../rooms/marks.py

and then in either case::

    Marks.step             in the loop's next turn: on a new link calls          ../rooms/marks.py
                           `Room.on_new_link`, by which the replica is no
                           longer live; then sends `TakeUp`
      :  `take_up` of the broker publishes the marks  ../../broker/handlers/gateway_links.py
    Maintenance.on_mark    passes the mark on, by `RoomTable.on_mark`       ../chat/maintenance.py
    Replica.on_mark        requests the newest page, or if a log is here, the           replica.py
                           events between its head and the mark's
    Replica.on_page        begins the log with the page, or returns Deliver

A replica that has nothing to request, or has got all of it, is live; then the sockets of the room
are caught up (`CatchUps.wake`).

**A hole** shows in `Replica.on_events`, or in `Replica.on_head`, which a beacon leads to. The
missing events are requested at once, and the replica stays live. If they are more than
HUBBUB_RECOVERY_EVENTS, it requests the newest page instead, and returns StartOver when that comes.

**A private room** comes on the gateway's own topic, which has a mark like the others. On that mark
`HeadChecks` (../chat/head_checks.py) asks for the heads of all private rooms, which show the holes.
"""
