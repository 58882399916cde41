// Proves that the reference model of the lease engine bites: makes each deliberate mistake of
// test/seats/reference/mutants.json in a copy of the sources and expects the model's test to fail.
// Takes minutes, so it is run by hand: node tools/mutants.mjs [part of a law or file]
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import mutants from "../test/seats/reference/mutants.json" with { type: "json" };

/** @typedef {{ law: string, file: string, from: string, to: string }} Mutant */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const TEST = "test/seats/reference-model.test.ts";
/** Histories of each kind. Some mistakes show once in hundreds: what is not caught is tried again first. */
const HISTORIES = "1000";
const copy = mkdtempSync(join(tmpdir(), "seatkeeper-mutants-"));

try {
  for (const part of [
    "src",
    "test/seats",
    "test/support/chance.ts",
    "package.json",
    "tsconfig.json",
    "vitest.config.ts",
  ]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  const [, , wanted = ""] = process.argv;
  const { status, stdout, stderr } = run();
  if (status !== 0) throw new Error(`it fails without any mistake:\n${stdout}${stderr}`);
  const survivors = mutants
    .filter(({ law, file }) => `${law} ${file}`.includes(wanted))
    .filter((mutant) => !isCaught(mutant));
  say(survivors.length === 0 ? "all are caught" : `${survivors.length} are not caught`);
  process.exitCode = survivors.length === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** @param {Mutant} mutant */
function isCaught({ law, file, from, to }) {
  const path = join(copy, "src/seats", file);
  const original = readFileSync(path, "utf8");
  writeFileSync(
    path,
    original.replace(from, () => to),
  );
  const { status, stdout, stderr } = run();
  writeFileSync(path, original);
  const after = /Property failed after (\d+) tests/.exec(stdout + stderr)?.[1];
  const caught = status !== 0 && after !== undefined;
  say(`${caught ? `caught after ${after} histories` : "NOT CAUGHT"}: ${file}: ${law}`);
  return caught;
}

function run() {
  return spawnSync(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", TEST], {
    cwd: copy,
    encoding: "utf8",
    env: { ...process.env, SEATKEEPER_MODEL_RUNS: HISTORIES, SEATKEEPER_MODEL_SHRINK: "no" },
  });
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}
