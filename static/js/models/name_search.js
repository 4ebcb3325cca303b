/** The names of a room that begin with what somebody types, page by page as they are wanted. */
export const STEP = 100;
/** In smaller rooms one sees everybody. */
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

  /** What to ask `participants` for; null if all that is wanted is there. */
  nextPage() {
    if (!this.more || this.names.length >= this.wanted) return null;
    return {
      limit: STEP,
      ...(this.prefix && { prefix: this.prefix }),
      ...(this.names.length && { after: this.names.at(-1) }),
    };
  }

  /** The answer to question(), which was `asked`. That to an earlier prefix is of no use. */
  addPage(asked, { users, more }) {
    if ((asked.prefix ?? "") !== this.prefix || asked.after !== this.names.at(-1)) return;
    this.names = [...this.names, ...users];
    this.more = more && users.length > 0;
  }

  /** The question was refused: asked again, it would be again. */
  stop() {
    this.more = false;
  }
}
