"""One browser's connection: polling, WebSocket, outbox, fan-out."""
