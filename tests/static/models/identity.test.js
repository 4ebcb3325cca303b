import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { test } from "node:test";
import { Identity, newToken } from "../../../static/js/models/identity.js";
import { JsonStorage } from "../../../static/js/storage.js";
import { Shelf } from "../make.js";

globalThis.crypto ??= webcrypto; // node 18, which Debian 12 has, keeps it elsewhere

test("a token is 22 to 64 URL-safe characters, and another one each time", () => {
  assert.match(newToken(), /^[A-Za-z0-9_-]{22,64}$/);
  assert.match(newToken((bytes) => bytes.fill(255)), /^_+$/);
  assert.notEqual(newToken(), newToken());
});

test("the token and the name stay", () => {
  const shelf = new Shelf();
  const first = new Identity(new JsonStorage(shelf));
  first.name = "ann";
  const second = new Identity(new JsonStorage(shelf));
  assert.deepEqual([second.token, second.name], [first.token, "ann"]);
});

test("a browser that keeps nothing still has somebody for this load", () => {
  const identity = new Identity(new JsonStorage(null));
  identity.name = "ann";
  assert.deepEqual([identity.token, identity.name], [identity.token, "ann"]);
  assert.ok(identity.token);
});

test("what another program left there breaks nothing", () => {
  const shelf = new Shelf();
  shelf.setItem("hubbub.name", "{not JSON");
  assert.equal(new JsonStorage(shelf).get("name", ""), "");
});
