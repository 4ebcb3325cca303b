/** One room as this page follows it: its lines, who is in it, who types. */
import { Roster } from "./roster.js";
import { isPrivate } from "./text.js";
import { Timeline } from "./timeline.js";

export class Room {
  constructor(name) {
    this.name = name;
    this.private = isPrivate(name);
    this.timeline = new Timeline();
    this.roster = new Roster();
    /** Which names are shown while somebody looks at the participants of a larger room. */
    this.search = null;
    this.typing = [];
    /** This connection brings its events; a private room's come by themselves. */
    this.joined = this.private;
    /** A join is on its way. */
    this.joining = false;
  }

  /** What the handshake asks for this room; null if nothing: a private room needs no join. */
  joinRequest(epoch) {
    const { head } = this.timeline;
    const since = epoch && head ? { Epoch: epoch, Seq: head } : null;
    if (this.private && !(since && this.timeline.events.length)) return null;
    return since ? { room: this.name, since } : { room: this.name };
  }

  /** A join's good answer. */
  onJoined({ recovered, seq, count, version }) {
    if (!recovered) {
      this.timeline.clear();
      this.timeline.expected = seq;
    }
    this.joined = true;
    this.joining = false;
    this.roster.onJoined({ count, version });
  }

  /** The connection is gone. */
  onDisconnected() {
    this.joining = false;
    this.joined = this.private && !this.timeline.events.length;
    this.typing = [];
    this.roster.forget();
  }
}
