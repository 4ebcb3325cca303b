// A page with the stock socket.io-client, driven from outside: orders come as JSON lines on stdin,
// what the page hears goes out as JSON lines on stdout.
//   node page.mjs URL OPTIONS     orders: {emit: [event, ...args], ack?: n} {do: "disconnect" | …}
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [url, options] = process.argv.slice(2);
const tell = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const socket = io.connect(url, { reconnectionDelay: 100, ...JSON.parse(options) });

socket.onAny((event, ...args) => tell({ on: event, args }));
socket.on("connect", () => {
  tell({ on: "connect", args: [socket.io.engine.transport.name] });
});
socket.io.on("open", () => {
  tell({ on: "open", args: [socket.io.engine.transport.name] });
  socket.io.engine.once("upgrade", (transport) => tell({ on: "upgrade", args: [transport.name] }));
});
socket.on("disconnect", (reason) => tell({ on: "disconnect", args: [reason] }));
socket.on("connect_error", (error) => tell({ on: "connect_error", args: [String(error)] }));

const doings = {
  disconnect: () => socket.disconnect(),
  connect: () => socket.connect(),
  lose: () => socket.io.engine.close(), // the connection ends, no DISCONNECT is sent
};

const orders = createInterface({ input: process.stdin });
orders.on("line", (line) => {
  const order = JSON.parse(line);
  if (order.do) {
    doings[order.do]();
  } else if (order.ack === undefined) {
    socket.emit(...order.emit);
  } else {
    socket.emit(...order.emit, (...args) => tell({ on: `ack ${order.ack}`, args }));
  }
});
orders.on("close", () => {
  socket.disconnect();
  process.exit(0);
});
