"""One browser's connection: polling, WebSocket, outbox, fan-out.

**How what a browser sends reaches the chat**::

    browser
      | bytes of a WebSocket, or the body of a POST
      v
    Stream, WebSocket        bytes become Engine.IO packets               stream.py, websocket.py
    (Polling)                the same for a POST                          polling.py
    Inbound.receive          keeps the packets in order; lets few         inbound.py
                             requests of one browser be in flight at once
    SocketIOServer.on_packet reads the Socket.IO packet in it  ../server/socketio_server.py
    Socket.request           hands an event to the chat, with the `Reply` sockets.py
                             that will become its ack
    Chat.requested           ../chat/chat.py

**How what is sent reaches the browser**: `Socket.send` puts a frame into the connection's `Outbox`
(outbox.py), which writes it to the kernel at once, behind everything before it; what the kernel
does not take waits there, up to HUBBUB_OUTBOX_BYTES. A broadcast goes to many sockets in one call
of `fan_out` (fanout.py), with the same order and bound.
"""
