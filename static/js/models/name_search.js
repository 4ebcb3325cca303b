/** The participants whose names begin with what the person typed, page by page. */
export const STEP = 100;
/** Rooms with at most this many participants are not searched: all of them are shown. */
export const SEARCH_FROM = 30;

export class NameSearch {
  constructor() {
    this.begin("");
  }

  begin(prefix) {
    this.prefix = prefix.trim();
    this.names = [];
    this.wanted = STEP;
    this.more = true;
  }

  wantMore() {
    this.wanted += STEP;
  }

  /** What to request from `participants`; null if all wanted names are here. */
  nextPage() {
    if (!this.more || this.names.length >= this.wanted) return null;
    return {
      limit: STEP,
      ...(this.prefix && { prefix: this.prefix }),
      ...(this.names.length && { after: this.names.at(-1) }),
    };
  }

  /** The answer to nextPage(), which was `asked`. An answer for an earlier prefix is ignored. */
  addPage(asked, { users, more }) {
    if ((asked.prefix ?? "") !== this.prefix || asked.after !== this.names.at(-1)) return;
    this.names = [...this.names, ...users];
    this.more = more && users.length > 0;
  }

  /** The request was refused; the same request would be refused again. */
  stop() {
    this.more = false;
  }
}
