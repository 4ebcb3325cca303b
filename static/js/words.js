/**
 * All words of the page, in English: no other file holds a text that people read.
 *
 * A translation is a file like this one, with the same keys; language.js says how it is used. A text is a
 * string with {values}, or an object with the forms that the language has for numbers (Intl.PluralRules:
 * zero, one, two, few, many, other), chosen by {count}. Numbers and lists are written as the language does.
 */
export const words = {
  lang: "en",
  dir: "ltr",

  // --- index.html: its elements name these texts in `data-words` ---
  description: "Chat rooms for crowds",
  roomsAndConversations: "Rooms and conversations",
  changeYourName: "Change your name",
  refusedTitle: "You cannot take part here any more.",
  participants: "Participants",
  messages: "Messages",
  message: "Message",
  send: "Send",
  nameHint: "People in the room will see it.",
  cancel: "Cancel",
  failure: "Something in this page has failed: what you see may be old.",
  reload: "Reload",

  // --- the window's title and the heads of rooms ---
  windowTitle: "{mark}{room} · Hubbub",
  conversation: "conversation",
  unknownRoom: "…",

  // --- the connection ---
  states: {
    connecting: "Connecting",
    up: "Online",
    down: "Waiting",
    offline: "Offline",
    closed: "Closed",
    failed: "Failed",
  },
  troubles: {
    down: "The chat is away. What you write waits here.",
    offline: "Not connected, trying again. What you write waits here.",
  },

  // --- the list of rooms ---
  rooms: "Rooms",
  conversations: "Conversations",
  otherRooms: "Other rooms",
  moreRooms: "More rooms",
  enterRoom: "Join or make a room",
  roomName: "Room name",
  join: "Join",
  leave: "Leave",
  leaveRoom: "Leave {room}",
  close: "Close",
  closeConversation: "Close {room}",
  unread: "unread",
  peopleThere: "people there",

  // --- the participants ---
  here: "{count} here",
  names: "Names",
  findName: "Find a name",
  you: "(you)",
  writeTo: "Write to {name}",
  andMore: "and {count} more",
  showMore: "Show {count} more",
  nobodyNamed: "Nobody here has a name that begins with {name}.",
  nobodyKnown: "Nobody is known to be here yet.",
  membersOnly: "Only the members of this conversation can read it.",

  // --- the timeline ---
  loadingOlder: "Loading older messages…",
  beginning: "This is the beginning.",
  joined: "{name} joined",
  left: "{name} left",
  renamed: "{name} is the new name of {before}",
  announcement: "Announcement",
  deleted: "This message was deleted.",
  edited: "(edited)",
  showAll: "Show all",
  showLines: "Show all {count} lines",
  newest: "↓ Newest",
  newMessages: "↓ {count} new",

  // --- messages that are not sent yet ---
  sending: "sending…",
  waiting: "waiting",
  notSent: "not sent",
  tryAgain: "Try again",
  discard: "Discard",
  waitedADay: "It has waited for more than a day.",
  wasRefused: "It was refused.",
  outboxFull: "Too many messages are waiting to be sent.",
  unsent: { one: "{count} message is not sent yet.", other: "{count} messages are not sent yet." },
  leaveUnsent: "{room}: {unsent} If you leave now, the text stays there as your draft.",
  stay: "Stay",

  // --- the composer ---
  messageTo: "Message {room}",
  charactersLeft: "{count} left",
  charactersOver: { one: "{count} character too many", other: "{count} characters too many" },
  notKept: "too long to be kept: a reload loses it",
  twoClauses: "{first}, {second}",
  textOnly: "Pictures and files cannot be sent here, only text.",
  typing: { one: "{names} is typing…", other: "{names} are typing…" },
  others: "others",

  // --- names of people ---
  whatIsYourName: "What is your name?",
  continue: "Continue",
  save: "Save",
  change: "Change",
  nameTaken: "{asked} is taken, you are {got}.",
  nameWritten: "Your name is written {got}.",

  // --- what is wrong with a name before it is sent ---
  noName: "Please write a name.",
  nameTooLong: "A name has at most {most} characters; this one has {count}.",
  nameHasComma: "A name has no commas.",
  noRoomName: "Please write the name of a room.",
  roomNameTooLong: "A room's name has at most {most} characters; this one has {count}.",

  // --- what the gateway refused, by what was asked for and by code ---
  refusals: {
    any: {
      rate_limited: "That was too fast. {later}",
      unavailable: "The chat does not answer at the moment. Please try again.",
      no_such_room: "There is no such conversation, or it is not yours.",
      forbidden: "That is not allowed here.",
      banned: "You have been banned.",
      no_such_user: "There is nobody by that name here who can be written to.",
    },
    name: {
      bad_name: "A name has 1 to {most} characters that can be seen, and no commas. Please choose another one.",
      forbidden: "That name is reserved. Please choose another one.",
    },
    room: {
      bad_request: "A room's name has 1 to {most} letters, digits, “-”, “_” or “.”.",
      forbidden: "Nobody can enter this room: its lines are shown in all rooms.",
      banned: "You have been banned from this room.",
      rate_limited: "You have entered many rooms. {later}",
    },
    message: {
      too_long: "The message is too long: {reason}.",
      bad_request: "The message cannot be sent: {reason}.",
    },
  },
  retryIn: { one: "Please try again in {count} second.", other: "Please try again in {count} seconds." },
  retrySoon: "Please try again in a moment.",
  unexplained: "That did not work",
  inRoom: "{room}: {sentence}",
  thisConversation: "This conversation",
  bannedForGood: "You were banned from this chat. If you think that this is a mistake, ask the people who run it.",
};
