/** The timeline on the screen: rows as templates. Texts of people become text nodes, never HTML. */
import { clock, dayName, fullDate, say, words } from "../language.js";
import { addressOf, piecesOf } from "../models/links.js";
import { hueOf, initialOf, isoDate } from "../models/text.js";
import { html, nothing, render } from "../../vendor/lit-html.js";
import { guard } from "../../vendor/directives/guard.js";
import { repeat } from "../../vendor/directives/repeat.js";
import { foldLabel, unfold } from "./fold.js";
import { notePieces } from "./timeline_rows.js";

export class TimelineView {
  /** `on`: retry(id), discard(id), direct(uid). */
  constructor(box, scroll, on) {
    this.box = box;
    this.scroll = scroll;
    this.on = on;
  }

  /** `start` says what is above the first row: "loadingOlder", "beginning" or "". */
  render({ room, rows, start, detached, quiet, me }) {
    this.me = me;
    this.box.ariaLive = quiet ? "off" : "polite";
    this.scroll.keepPlaceDuring(room, detached, () => {
      const draw = (row) => guard([row.entry ?? row.event, row.first, row.kind, row.fate, me], () => this.#row(row));
      const key = (row) => `${room} ${row.key}`;
      render(html`<p class="start">${words[start]}</p>${repeat(rows, key, draw)}`, this.box);
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
      <p class="text">${folded(text)}</p>
      ${failed
        ? html`<p class="failed">
            <span class="why">${error}</span>
            <button type="button" @click=${() => this.on.retry(id)}>${words.tryAgain}</button>
            <button type="button" @click=${() => this.on.discard(id)}>${words.discard}</button>
          </p>`
        : nothing}
    </article>`;
  }

  #message(event, first) {
    const { Seq, Text, Rev } = event;
    const deleted = Rev && !Text;
    return html`<article class="message ${first ? "first" : ""}" data-seq=${Seq}>
      ${this.#author(event, first)} ${time(event)}
      <p class=${deleted ? "text gone" : "text"}>${deleted ? words.deleted : folded(Text)}${
        Rev && !deleted ? html` <span class="edited">${words.edited}</span>` : nothing
      }</p>
    </article>`;
  }

  /** Each message has its author for screen readers; the first one of a group shows it. The name of
   * another person is a button that opens a conversation. */
  #author({ User, Uid }, first) {
    if (!first) return html`<p class="who hidden"><bdi>${User}</bdi></p>`;
    const face = html`<span class="face hue${hueOf(Uid ?? User)}" aria-hidden="true">${initialOf(User)}</span>`;
    if (!Uid || Uid === this.me) return html`${face}<p class="who"><bdi>${User}</bdi></p>`;
    return html`${face}<p class="who"><button type="button" title=${say(words.writeTo, { name: User })}
      @click=${() => this.on.direct(Uid)}><bdi>${User}</bdi></button></p>`;
  }
}

const time = ({ Timestamp }) =>
  html`<time datetime=${isoDate(Timestamp)} title=${fullDate(Timestamp)}>${clock(Timestamp)}</time>`;

/** A message's text; a high one is folded, with a button to unfold it. */
function folded(text) {
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
    <span>${notePieces(event).map(strongName)}</span> ${time(event)}
  </p>`;

const strongName = ({ words, name }) => (name === undefined ? words : html`<b><bdi>${name}</bdi></b>`);

const announcement = (event) =>
  html`<div class="announcement" data-seq=${event.Seq}>
    <p class="text"><b>${words.announcement}</b> ${folded(event.Text)}</p>
    ${time(event)}
  </div>`;
