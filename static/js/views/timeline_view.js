/** The timeline on the screen: rows as templates. Text reaches the page as text only. */
import { html, nothing, render } from "../../vendor/lit-html.js";
import { guard } from "../../vendor/directives/guard.js";
import { repeat } from "../../vendor/directives/repeat.js";
import { foldLabel, unfold } from "./fold.js";
import { addressOf, piecesOf } from "../models/links.js";
import { noteText } from "./timeline_rows.js";
import { clock, dayName, faceOf, fullDate, hueOf, isoDate } from "../models/text.js";

export class TimelineView {
  /** `on`: retry(id), discard(id), direct(uid). */
  constructor(box, scroll, on) {
    this.box = box;
    this.scroll = scroll;
    this.on = on;
  }

  /** `start` says what is above the first row: "older", "beginning" or "". */
  render({ room, rows, start, detached, quiet, me }) {
    this.me = me;
    this.box.ariaLive = quiet ? "off" : "polite";
    this.scroll.keepPlaceDuring(room, detached, () => {
      const line = (row) => guard([row.entry ?? row.event, row.first, row.kind, row.fate, me], () => this.#row(row));
      const key = (row) => `${room} ${row.key}`;
      render(html`<p class="start">${START[start]}</p>${repeat(rows, key, line)}`, this.box);
    });
  }

  #row({ kind, event, entry, fate, first }) {
    if (kind === "day") return html`<p class="day"><span>${dayName(event.Timestamp)}</span></p>`;
    if (kind === "waiting") return this.#waiting(entry, event, fate, first);
    if (kind === "announce") return announcement(event);
    return kind === "note" ? note(event) : this.#message(event, first);
  }

  #waiting({ id, text, state, error }, event, fate, first) {
    const failed = state === "failed";
    return html`<article class="message waiting ${first ? "first" : ""}" data-id=${id} aria-live="off">
      ${this.#author(event, first)}
      <p class="fate">${fate}</p>
      <p class="text">${spoken(text)}</p>
      ${failed
        ? html`<p class="failed">
            <span class="why">${error}</span>
            <button type="button" @click=${() => this.on.retry(id)}>Try again</button>
            <button type="button" @click=${() => this.on.discard(id)}>Discard</button>
          </p>`
        : nothing}
    </article>`;
  }

  #message(event, first) {
    const { Seq, Text, Rev } = event;
    const gone = Rev && !Text;
    return html`<article class="message ${first ? "first" : ""}" data-seq=${Seq}>
      ${this.#author(event, first)} ${time(event)}
      <p class=${gone ? "text gone" : "text"}>${gone ? "This message was deleted." : spoken(Text)}${
        Rev && !gone ? html` <span class="edited">(edited)</span>` : nothing
      }</p>
    </article>`;
  }

  /** The name is said to screen readers each time, and shown on the first of a group: others' leads to
   * a conversation. */
  #author({ User, Uid }, first) {
    if (!first) return html`<p class="who hidden"><bdi>${User}</bdi></p>`;
    const face = html`<span class="face hue${hueOf(Uid ?? User)}" aria-hidden="true">${faceOf(User)}</span>`;
    if (!Uid || Uid === this.me) return html`${face}<p class="who"><bdi>${User}</bdi></p>`;
    return html`${face}<p class="who"><button type="button" title="Write to ${User}"
      @click=${() => this.on.direct(Uid)}><bdi>${User}</bdi></button></p>`;
  }
}

const START = { older: "Loading older messages…", beginning: "This is the beginning.", "": "" };

const time = ({ Timestamp }) =>
  html`<time datetime=${isoDate(Timestamp)} title=${fullDate(Timestamp)}>${clock(Timestamp)}</time>`;

function spoken(text) {
  const label = foldLabel(text);
  if (!label) return linked(text);
  return html`<span class="folded" tabindex="-1">${linked(text)}</span
    ><button class="unfold" type="button" @click=${unfold}>${label}</button>`;
}

const linked = (text) =>
  piecesOf(text).map((piece) =>
    piece.link
      ? html`<a href=${addressOf(piece.text)} target="_blank" rel="noopener noreferrer nofollow">${piece.text}</a>`
      : piece.text,
  );

const note = (event) =>
  html`<p class="note" data-seq=${event.Seq}>
    <span><b><bdi>${event.User}</bdi></b> ${noteText(event)}</span> ${time(event)}
  </p>`;

const announcement = (event) =>
  html`<div class="announcement" data-seq=${event.Seq}>
    <p class="text"><b>Announcement</b> ${spoken(event.Text)}</p>
    ${time(event)}
  </div>`;
