/** One room that this page follows: its events, its participants, who is typing. */
import { Roster } from "./roster.js";
import { isPrivate } from "./text.js";
import { Timeline } from "./timeline.js";

export class Room {
  constructor(name) {
    this.name = name;
    this.private = isPrivate(name);
    this.timeline = new Timeline();
    this.roster = new Roster();
    /** The NameSearch while the person looks at the participants of a larger room, else null. */
    this.search = null;
    this.typing = [];
    /** Whether this connection receives the room's events; those of private rooms come without a join. */
    this.joined = this.private;
    /** Whether a join was sent and not answered. */
    this.joining = false;
  }

  /** What the handshake or a `join` requests for this room. Null for a private room that has no events
   * here: it needs no join. */
  joinRequest(epoch) {
    const { head } = this.timeline;
    const since = epoch && head ? { Epoch: epoch, Seq: head } : null;
    if (this.private && !(since && this.timeline.events.length)) return null;
    return since ? { room: this.name, since } : { room: this.name };
  }

  /** The answer to a join that succeeded. */
  onJoined({ recovered, seq, count, version }) {
    if (!recovered) {
      this.timeline.clear();
      this.timeline.expected = seq;
    }
    this.joined = true;
    this.joining = false;
    this.roster.onJoined({ count, version });
  }

  onDisconnected() {
    this.joining = false;
    this.joined = this.private && !this.timeline.events.length;
    this.typing = [];
    this.roster.forget();
  }
}
