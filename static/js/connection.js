/**
 * The connection to a gateway, by Socket.IO. A lost connection is made again, at the next gateway.
 *
 * The handshake (`auth`) says who the person is and which rooms to join from which Seq, so that every
 * connection is joined from its start; the answers come as `joined` events.
 */
import { io } from "../vendor/socket.io.esm.min.js";

const ANSWER_MS = 15_000;
const CONNECT_MS = 10_000;
const RETURN_MS = 2_000;
const WEBSOCKET_FIRST = ["websocket", "polling"];
const POLLING_FIRST = ["polling", "websocket"];
const EVENTS = ["joined", "chat", "reset", "presence", "typing", "link", "refused"];
const NO_ANSWER = { ok: false, error: { code: "unavailable", message: "" } };

export class Connection {
  /** `auth()` returns the handshake; `on` has a handler for each of EVENTS, for `connected` and `disconnected`. */
  constructor({ gateways, auth, on }) {
    this.closed = false;
    this.first = WEBSOCKET_FIRST;
    this.socket = io(gateways.address, {
      path: new URL("socket.io/", document.baseURI).pathname, // beside the page, wherever that is
      auth: (done) => done(auth()),
      transports: WEBSOCKET_FIRST,
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5000,
      timeout: CONNECT_MS,
      autoConnect: false,
    });
    const manager = this.socket.io;
    manager.on("reconnect_attempt", () => (manager.uri = gateways.moveOn()));
    manager.on("open", () => this.#opened(manager));
    for (const event of EVENTS) this.socket.on(event, (payload) => on[event](payload));
    this.socket.on("connect", () => on.connected());
    this.socket.on("disconnect", () => {
      on.disconnected();
      this.#reconnectLater();
    });
    this.socket.on("connect_error", (error) => {
      if (error.message === "timeout") this.#switchFirstTransport();
      on.disconnected();
      this.#reconnectLater();
    });
  }

  get connected() {
    return this.socket.connected;
  }

  open() {
    this.closed = false;
    this.socket.connect();
  }

  close() {
    this.closed = true;
    this.socket.disconnect();
  }

  /**
   * Sends a request; `done(ack)` is called once. This is a callback and no promise: replayed events may
   * follow the answer of a join in the same packet, and need the answer to be handled before them.
   */
  request(event, payload, done) {
    if (!this.connected) return void queueMicrotask(() => done(NO_ANSWER));
    this.socket.timeout(ANSWER_MS).emit(event, payload, (error, ack) => done(error ? NO_ANSWER : ack));
  }

  /** Sends an event without an answer, which is dropped if there is no connection. */
  notify(event, payload) {
    if (this.connected) this.socket.volatile.emit(event, payload);
  }

  /** Makes the client check the connection by a small request: before it sends, it notices that pings are
   * overdue, and then it closes the dead connection. */
  probe() {
    this.request("rooms", { limit: 1 }, () => {});
  }

  /** The browser has a network again: connects now, without waiting for the next attempt. */
  reconnectNow() {
    if (!this.closed && !this.connected) this.socket.disconnect().connect();
  }

  /** Closes a connection that is silent after its start: some proxies pass a WebSocket's handshake, or also
   * the first packet, and nothing after it. */
  #opened(manager) {
    const { engine } = manager;
    const silent = setTimeout(() => {
      if (this.socket.connected) return;
      this.#switchFirstTransport();
      engine.close();
    }, CONNECT_MS);
    engine.once("close", () => clearTimeout(silent));
    engine.once("upgrade", () => this.#startWith(WEBSOCKET_FIRST));
  }

  /** Nothing came, not even an error: the next attempt begins with the other transport. After polling a
   * WebSocket that works takes over. */
  #switchFirstTransport() {
    this.#startWith(this.first === POLLING_FIRST ? WEBSOCKET_FIRST : POLLING_FIRST);
  }

  #startWith(transports) {
    this.first = transports;
    this.socket.io.opts.transports = transports;
  }

  /** The library reconnects after a loss, but not after the gateway itself has disconnected the socket. */
  #reconnectLater() {
    if (this.closed || this.socket.active) return;
    setTimeout(() => this.closed || this.socket.connected || this.socket.connect(), RETURN_MS);
  }
}
