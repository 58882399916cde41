// What a property test draws. The same each time, so that a change is judged by what it changes;
// new histories are looked for by a command of their own (tools/properties.mjs).
import fc from "fast-check";

/** Any number will do. `SEATKEEPER_SEED` draws others; a failure prints the one that it saw. */
const SEED = Number(process.env["SEATKEEPER_SEED"] ?? 20_261_201);

/** A failure is made short for so long at most, in milliseconds. */
const PATIENCE = 240_000;

fc.configureGlobal({
  seed: SEED,
  interruptAfterTimeLimit: PATIENCE,
  markInterruptAsFailure: true,
});
