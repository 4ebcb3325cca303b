import assert from "node:assert/strict";
import { test } from "node:test";
import { Gateways } from "../../../static/js/models/gateways.js";

const HOME = "https://a";
const LISTED = ["https://a", "https://b", "https://c", "https://d"];

/** All that is visited in one round. */
function round(gateways) {
  const first = gateways.address;
  const visited = [first];
  for (let next = gateways.moveOn(); next !== first; next = gateways.moveOn()) visited.push(next);
  return visited;
}

test("it begins with the gateway that served the page and visits each once", () => {
  const visited = round(new Gateways(HOME, LISTED));
  assert.equal(visited[0], HOME);
  assert.deepEqual([...visited].sort(), LISTED);
});

test("alone, it stays", () => {
  const gateways = new Gateways(HOME, []);
  assert.deepEqual([gateways.moveOn(), gateways.moveOn()], [HOME, HOME]);
});

test("an address that is listed twice is visited once; a page may come from one that is not listed", () => {
  assert.deepEqual(round(new Gateways("https://balancer", ["https://b", "https://b"])), ["https://balancer", "https://b"]);
});

test("a crowd that has lost one spreads over all others evenly", () => {
  const next = new Map();
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let page = 0; page < 3000; page += 1) {
    const address = new Gateways(HOME, LISTED, random).moveOn();
    next.set(address, (next.get(address) ?? 0) + 1);
  }
  assert.equal(next.size, 3);
  for (const pages of next.values()) assert.ok(pages > 850 && pages < 1150, `${pages} of 3000`);
});
