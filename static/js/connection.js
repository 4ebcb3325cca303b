/**
 * The connection to a gateway: Socket.IO, always coming back, each time at the next gateway.
 *
 * Who we are and where each room goes on travels in the handshake (`auth`), so that every connection
 * begins joined; the answers come as `joined` events.
 */
import { io } from "../vendor/socket.io.esm.min.js";

const ANSWER_MS = 15_000;
const CONNECT_MS = 10_000;
const RETURN_MS = 2_000;
const WEBSOCKET_FIRST = ["websocket", "polling"];
const POLLING_FIRST = ["polling", "websocket"];
const EVENTS = ["joined", "chat", "reset", "presence", "typing", "link", "refused"];
const NO_ANSWER = { ok: false, error: { code: "unavailable", message: "no answer yet" } };

export class Connection {
  /** `auth()` gives the handshake; `on` has a handler for each event, and for connected, disconnected. */
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
   * Asks; `done(ack)` is called once. Called back, not promised: what a join replays may follow its
   * answer in the same packet, and must find the answer handled.
   */
  request(event, payload, done) {
    if (!this.connected) return void queueMicrotask(() => done(NO_ANSWER));
    this.socket.timeout(ANSWER_MS).emit(event, payload, (error, ack) => done(error ? NO_ANSWER : ack));
  }

  /** Says something that may be lost. */
  notify(event, payload) {
    if (this.connected) this.socket.volatile.emit(event, payload);
  }

  /** Ends a connection that has died unseen: before it asks, the client looks at the clock. */
  probe() {
    this.request("rooms", { limit: 1 }, () => {});
  }

  /** The browser says that there is a network again: do not wait for the next try. */
  reconnectNow() {
    if (!this.closed && !this.connected) this.socket.disconnect().connect();
  }

  /** A proxy may pass a WebSocket's handshake, or the first packet too, and nothing after it. */
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

  /** Nothing came, not even an error: polling begins, and a WebSocket that is heard takes over. */
  #switchFirstTransport() {
    this.#startWith(this.first === POLLING_FIRST ? WEBSOCKET_FIRST : POLLING_FIRST);
  }

  #startWith(transports) {
    this.first = transports;
    this.socket.io.opts.transports = transports;
  }

  /** The client returns by itself from lost connections, but not when the gateway said goodbye. */
  #reconnectLater() {
    if (this.closed || this.socket.active) return;
    setTimeout(() => this.closed || this.socket.connected || this.socket.connect(), RETURN_MS);
  }
}
