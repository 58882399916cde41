import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach } from "vitest";

type Undo = () => void | Promise<void>;

/** What tests have made, newest last. What `beforeAll` made stays until the end of the file. */
const leftovers: Undo[] = [];
let sharedByAll = 0;

beforeEach(() => {
  sharedByAll = leftovers.length;
});
afterEach(() => sweep(sharedByAll));
afterAll(() => sweep(0));

/** Undoes something at the end of the test; of the file, when it was made in `beforeAll`. */
export function later(undo: Undo): void {
  leftovers.push(undo);
}

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "seatkeeper-cli-"));
  later(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function sweep(downTo: number): Promise<void> {
  // Newest first: a process ends before its folder goes.
  for (const undo of leftovers.splice(downTo).toReversed()) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await undo();
  }
}
