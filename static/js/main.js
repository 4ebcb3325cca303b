/** The page: joins models, views and the connection together. Nothing else knows them all. */
import { ComposerView } from "./views/composer_view.js";
import { Connection } from "./connection.js";
import { Drawing } from "./views/drawing.js";
import { Errands } from "./sync.js";
import { watchFailures } from "./views/failure.js";
import { Gateways } from "./models/gateways.js";
import { Memory, newId } from "./models/identity.js";
import { Kept } from "./storage.js";
import { NameSearch, SEARCH_FROM } from "./models/name_search.js";
import { Naming } from "./naming.js";
import { NamingView } from "./views/naming_view.js";
import { Places } from "./navigation.js";
import { QuestionView } from "./views/question_view.js";
import { RosterView } from "./views/roster_view.js";
import { RoomsView } from "./views/rooms_view.js";
import { Scroll } from "./views/scroll.js";
import { sentenceOf } from "./models/refusals.js";
import { StatusView } from "./views/status_view.js";
import { TimelineView } from "./views/timeline_view.js";
import { keepFresh } from "./wakeups.js";

const SAVE_MS = 500;
/** So long a lost connection is nobody's concern: moving to another gateway takes about a second. */
const AWAY_MS = 1_700;
const element = (id) => document.getElementById(id);
watchFailures(window, { strip: element("failure"), status: element("status") });
const hasMouse = matchMedia("(pointer: fine)").matches;

const kept = new Kept(Memory.of("localStorage"), Memory.of("sessionStorage"));
const { identity } = kept;
const chat = kept.chat(Date.now());

// --- what the gateway tells ---

const told = (act) => (payload) => {
  act(payload);
  changed();
};
const settings = document.documentElement.dataset;
const listed = settings.gateways.split(" ").filter(Boolean);
const connection = new Connection({
  gateways: new Gateways(location.origin, listed),
  auth: () => ({ token: identity.token, user: naming.ask(), join: chat.joins() }),
  on: {
    connected: changed,
    disconnected: told(() => chat.disconnected()),
    joined: (ack) => errands.joinAnswered(ack.room, ack),
    chat: told((event) => chat.heard(event)),
    reset: told((reset) => chat.reset(reset)),
    presence: told((presence) => chat.presence(presence)),
    typing: told((typing) => chat.typing(typing)),
    link: told((link) => chat.linked(link)),
    refused: (error) => (error.code === "banned" ? naming.unwelcome(error) : status.say(sentenceOf(error))),
  },
});
const errands = new Errands({
  chat,
  connection,
  identity,
  clock: {
    now: () => performance.now(), // nobody sets it
    after(ms, act) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  },
  page: {
    changed,
    joined({ user, room }) {
      naming.got(user);
      places.entered(room);
    },
    respelled: (asked, room) => places.respelled(asked, room),
    refusedRoom: (room, error) => places.refused(room, error),
    unwelcome: (error) => naming.unwelcome(error),
  },
});

// --- what the person does ---

const status = new StatusView(element("status"), element("typing"), element("toast"));
const naming = new Naming({ chat, connection, identity, dialog: new NamingView(element("naming")), status, changed });
const places = new Places({
  chat,
  connection,
  status,
  question: new QuestionView(element("question")),
  on: {
    changed,
    shown() {
      roster.open = false;
      if (hasMouse) composer.focus(); // a phone's keyboard would jump up
    },
    draft: (room, text) => composer.addDraft(room, text),
  },
});
const scroll = new Scroll(element("timeline"), ({ pinned, nearTop, nearEnd }) => {
  const before = chat.pinned;
  Object.assign(chat, { pinned });
  Object.assign(errands, { wantsOlder: nearTop, wantsNewer: nearEnd });
  chat.look();
  errands.run();
  if (pinned !== before) changed();
});
const timeline = new TimelineView(element("timeline"), scroll, {
  retry: told((id) => chat.outbox.retry(id)),
  discard: told((id) => chat.outbox.discard(id)),
  direct: (uid) => places.writeTo({ uid }),
});
const composer = new ComposerView(element("composer"), {
  limit: Number(settings.textChars),
  drafts: kept.drafts,
  touch: !hasMouse,
}, {
  say(text) {
    if (chat.outbox.full) return void status.say("Too many messages are waiting to be sent.");
    chat.outbox.add(newId(), chat.current, text, Date.now());
    returnToLatest();
    return true;
  },
  typing(typing) {
    if (!chat.room.roster.crowd) connection.tell("typing", { room: chat.current, typing });
  },
  drafted: saveSoon,
  pastedFiles: tellFiles,
});
const roster = new RosterView(element("roster"), {
  direct: (user) => places.writeTo({ user }),
  opened: told(() => {
    chat.room.roster.refresh();
    chat.room.search = chat.room.roster.count > SEARCH_FROM ? new NameSearch() : null;
  }),
  search: told((prefix) => chat.room.search.begin(prefix)),
  more: told(() => chat.room.search.wantMore()),
});
const rooms = new RoomsView(element("rooms"), element("menu"), {
  enter: (name) => places.enter(name),
  leave: (room) => places.leave(room),
  close: (room) => places.close(room),
  opened: told(() => (chat.listing.stale = true)),
  more: told(() => chat.listing.wantMore()),
});
places.rooms = rooms;

function returnToLatest() {
  chat.room.timeline.returnToLatest();
  scroll.returnToLatest();
  errands.wantsNewer = true;
  changed();
}

function tellFiles() {
  status.say("Pictures and files cannot be sent here, only text.");
}

// --- what is kept and shown ---

const drawing = new Drawing(chat, { timeline, roster, rooms, composer, status });
let saving = 0;
let away; // the timer of a lost connection, or that it has run

/** Reading and writing storage is slow: no frame and no event waits for it. */
function save() {
  clearTimeout(saving);
  saving = 0;
  kept.remember(chat);
  composer.setUnkept(kept.keepDrafts(composer.drafts));
}

function saveSoon() {
  saving ||= setTimeout(save, SAVE_MS);
}

function changed() {
  errands.run();
  kept.rememberOutbox(chat);
  saveSoon();
  if (chat.link === "offline") {
    away ??= setTimeout(told(() => chat.stillAway()), AWAY_MS);
  } else {
    clearTimeout(away);
    away = undefined;
  }
  drawing.soon();
}

element("latest").addEventListener("click", returnToLatest);
element("me").addEventListener("click", () => naming.change());
addEventListener("hashchange", () => places.show(places.inAddress()));
addEventListener("online", () => connection.comeBackNow());
document.addEventListener("visibilitychange", () => {
  chat.visible = document.visibilityState === "visible";
  chat.look();
  changed();
  if (!chat.visible) save(); // a phone may end a hidden page without a word
});
addEventListener("pagehide", save);
addEventListener("storage", told(() => kept.recall(chat))); // another tab has read, entered or left something
for (const kind of ["dragover", "drop"]) {
  addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // or the browser leaves the page for the file
    if (kind === "drop") tellFiles();
  });
}
keepFresh({ chat, connection, errands });

chat.show(places.inAddress());
chat.visible = document.visibilityState === "visible";
drawing.now();
if (hasMouse) composer.focus();
naming.start();
