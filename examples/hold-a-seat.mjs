/* oxlint-disable no-console -- a program that prints */
// A renderer as a vendor would ship it: it holds a seat of `cad.pro` while it works, reports the
// minutes it rendered, and stops when the seat is lost for good.
//
//   node examples/hold-a-seat.mjs --server wss://localhost:7328 --root-key KEY --frames 3
//
// KEY is what `seatkeeper-vendor init` printed. A real application compiles the vendor's name and
// root key in: they are all that it trusts, and no certificate needs to be installed anywhere.

import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ClientError, connect, SeatDeniedError } from "seatkeeper/client";

const { values: options } = parseArgs({
  options: {
    server: { type: "string", default: "wss://localhost:7328" },
    vendor: { type: "string", default: "acme.example" },
    "root-key": { type: "string", default: "" },
    frames: { type: "string", default: "3" },
    /** Where the client key is kept; a folder of the user when left out. */
    data: { type: "string" },
    /** Wait in the queue for a seat instead of giving up. */
    wait: { type: "boolean", default: false },
  },
});

try {
  await main();
} catch (error) {
  // What went wrong has a code; what to do about it is the hint.
  if (!(error instanceof ClientError)) throw error;
  const what = error instanceof SeatDeniedError ? error.reason : error.code;
  console.error(`hold-a-seat: ${what}: ${error.message}`);
  console.error(`hold-a-seat: hint: ${error.hint ?? "none"}`);
  process.exitCode = 1;
}

async function main() {
  const keeper = await connect({
    servers: options.server,
    vendor: { name: options.vendor, rootKey: options["root-key"] },
    ...(options.data === undefined ? {} : { dataDir: options.data }),
  });
  // From Node 24 on: `await using keeper = await connect(…)`, and no `finally`.
  try {
    await work(keeper);
  } finally {
    await keeper.close();
  }
}

/** @param {import("seatkeeper/client").Seatkeeper} keeper */
async function work(keeper) {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());

  const seat = await keeper.acquire("cad.pro", {
    version: "4.2",
    wait: options.wait,
    signal: stop.signal,
    onQueued: (position) => console.log(`waiting for a seat, place ${position}`),
  });
  console.log(`seat ${seat.state}`);

  // The connection may come and go; the seat stays valid for a while without it.
  seat.on("expiring", (remaining) => console.log(`server away, seat safe for ${remaining} ms`));
  seat.on("regained", () => console.log("seat regained"));
  seat.on("lost", ({ reason, hint, final }) => {
    console.log(`seat lost: ${reason}: ${hint}`);
    if (final) stop.abort();
  });

  for (let frame = 1; frame <= Number(options.frames) && !stop.signal.aborted; frame += 1) {
    await renderFrame();
    // Counted once, however often the connection breaks before the answer.
    const outcome = await keeper.usage.record("render.minutes", 2);
    console.log(`frame ${frame} rendered, 2 minutes ${outcome}`);
  }
  await seat.release();
  console.log(`seat ${seat.state}`);
}

async function renderFrame() {
  await pause(20);
}
