"""One browser's connection: polling, WebSocket, outbox, fan-out.

**How what a browser sends reaches the chat**::

    browser
      | bytes of a WebSocket, or the body of a POST
      v
    Stream.readable          reads the bytes of a WebSocket                            stream.py
    WebSocket.received       takes the Engine.IO packets out of its frames          websocket.py
    (Polling.receive_post    takes them out of the body of a POST)                    polling.py
    Connection.receive       both lead here                                        connection.py
    Inbound.receive          keeps the packets in order; lets few requests of         inbound.py
                             one browser be in flight at once
    Connection.on_packet     gets the messages among them                          connection.py
    SocketIOServer.on_packet reads the Socket.IO packet in each     ../server/socketio_server.py
    Socket.request           hands an event to the chat, with the `Reply` that        sockets.py
                             will send its ack
    Chat.requested                                                               ../chat/chat.py

**How what is sent reaches the browser**: `Socket.send` calls `Outbox.put` (outbox.py). For a
WebSocket, `Stream.write` passes the bytes to the kernel at once; those that the kernel does not
take wait in the stream, and everything newer waits behind them. For a browser that polls, frames
wait in the outbox for the next poll. When more than HUBBUB_OUTBOX_BYTES wait, the next thing that
is sent cuts the browser off. A broadcast goes to many sockets in one call of `fan_out` (fanout.py),
with the same order and bound.
"""
