// The peer: Node's Socket.IO as everybody uses it, doing as Hubbub's browsers see it.
//
// node node_server.mjs PORT      in a folder that has socket.io; prints "ready" once it listens

import { createServer } from "node:http";
import { createRequire } from "node:module";

const { Server } = createRequire(`${process.cwd()}/`)("socket.io");
const http = createServer();
let seq = 0;

new Server(http, { transports: ["websocket"] }).on("connection", (socket) => {
  for (const { room } of socket.handshake.auth.join ?? []) {
    socket.join(room);
    socket.emit("joined", { ok: true, room });
  }
  socket.on("join", ({ room }, ack) => {
    socket.join(room);
    ack?.({ ok: true, room });
  });
  socket.on("chat", ({ room, message }, ack) => {
    socket.nsp.to(room).emit("chat", {
      EvtType: "message",
      User: "load-00000000-0",
      Timestamp: Date.now() / 1000,
      Text: message,
      Room: room,
      Seq: ++seq,
      Id: "kMrX2ZJ86CEdv2vR",
      Uid: "_KD04D2qrQKC0IXT",
    });
    ack?.({ ok: true });
  });
});
http.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 }, () => {
  console.log("ready");
});
