// A workstation with the client's npm package: takes a seat and keeps it, and says what becomes of it.
//
//   node workstation.mjs PACKAGE SETTINGS    the folder of the package; the options of `connect` as JSON
//
// Prints `held LEASE`, `lost`, `regained`, `draining`; each line of standard input is a meter's units to
// record, answered by `recorded UNITS`.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , folder = "", settings = ""] = process.argv;
const { connect } = /** @type {typeof import("../../src/client/index.ts")} */ (
  await import(pathToFileURL(`${folder}/dist/client/index.js`).href)
);
const say = (/** @type {unknown[]} */ ...words) => process.stdout.write(`${words.join(" ")}\n`);

const keeper = await connect(
  /** @type {import("../../src/client/index.ts").ConnectOptions} */ (JSON.parse(settings)),
);
keeper.on("draining", () => say("draining"));
const seat = await keeper.acquire("cad.pro", { wait: true });
seat.on("lost", () => say("lost"));
seat.on("regained", () => say("regained"));
say("held", seat.leaseId);
for await (const units of createInterface({ input: process.stdin })) {
  await keeper.usage.record("render.minutes", Number(units));
  say("recorded", units);
}
await keeper.close();
