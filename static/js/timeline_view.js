/** The timeline on the screen: rows as templates. Text reaches the page as text only. */
import { html, nothing, render } from "../vendor/lit-html.js";
import { guard } from "../vendor/directives/guard.js";
import { repeat } from "../vendor/directives/repeat.js";
import { noteText } from "./rows.js";
import { clock, dayName, fullDate, hueOf, isoDate, piecesOf } from "./text.js";

export class TimelineView {
  /** `on`: retry(id), discard(id). */
  constructor(box, scroll, on) {
    this.box = box;
    this.scroll = scroll;
    this.on = on;
  }

  /** `start` says what is above the first row: "older", "beginning" or "". */
  render({ room, rows, start, detached, quiet }) {
    this.box.ariaLive = quiet ? "off" : "polite";
    this.scroll.around(room, detached, () => {
      const line = (row) => guard([row.entry ?? row.event, row.first, row.kind, row.fate], () => this.#row(row));
      const key = (row) => `${room} ${row.key}`;
      render(html`<p class="start">${START[start]}</p>${repeat(rows, key, line)}`, this.box);
    });
  }

  #row({ kind, event, entry, fate, first }) {
    if (kind === "day") return html`<p class="day"><span>${dayName(event.Timestamp)}</span></p>`;
    if (kind === "waiting") return this.#waiting(entry, event, fate, first);
    if (kind === "announce") return announcement(event);
    return kind === "note" ? note(event) : message(event, first);
  }

  #waiting({ id, text, state, error }, event, fate, first) {
    const failed = state === "failed";
    return html`<article class="message waiting ${first ? "first" : ""}" data-id=${id} aria-live="off">
      ${author(event, first)}
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
}

const START = { older: "Loading older messages…", beginning: "This is the beginning.", "": "" };

const time = ({ Timestamp }) =>
  html`<time datetime=${isoDate(Timestamp)} title=${fullDate(Timestamp)}>${clock(Timestamp)}</time>`;

const spoken = (text) =>
  piecesOf(text).map((piece) =>
    piece.link
      ? html`<a href=${piece.text} target="_blank" rel="noopener noreferrer nofollow">${piece.text}</a>`
      : piece.text,
  );

/** The name is said to screen readers each time, and shown on the first of a group. */
const author = ({ User, Uid }, first) =>
  html`${first
      ? html`<span class="face hue${hueOf(Uid ?? User)}" aria-hidden="true">${[...User, "?"][0].toUpperCase()}</span>`
      : nothing}
    <p class=${first ? "who" : "who hidden"}>${User}</p>`;

const message = (event, first) => {
  const { Seq, Text, Rev } = event;
  const gone = Rev && !Text;
  return html`<article class="message ${first ? "first" : ""}" data-seq=${Seq}>
    ${author(event, first)} ${time(event)}
    <p class=${gone ? "text gone" : "text"}>${gone ? "This message was deleted." : spoken(Text)}${
      Rev && !gone ? html` <span class="edited">(edited)</span>` : nothing
    }</p>
  </article>`;
};

const note = (event) =>
  html`<p class="note" data-seq=${event.Seq}>
    <span><b>${event.User}</b> ${noteText(event)}</span> ${time(event)}
  </p>`;

const announcement = (event) =>
  html`<div class="announcement" data-seq=${event.Seq}>
    <p class="text"><b>Announcement</b> ${spoken(event.Text)}</p>
    ${time(event)}
  </div>`;
