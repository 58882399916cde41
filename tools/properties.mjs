// Looks for histories and inputs that no property test has seen: the property tests again and again,
// each time with another seed, until one fails or the time is over.
//   node tools/properties.mjs [--minutes 10] [part of a file's name ...]
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({
  options: { minutes: { type: "string", default: "10" } },
  allowPositionals: true,
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error("--minutes takes a number above 0");

const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .map((file) => `test/${file}`)
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => readFileSync(join(root, file), "utf8").includes("fast-check"))
  .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)));
if (files.length === 0) throw new Error("no property test has such a name");

const end = Date.now() + minutes * 60_000;
let rounds = 0;
let failed = false;
while (!failed && Date.now() < end) {
  const seed = randomInt(2 ** 31);
  const { status, stdout, stderr } = run(seed);
  rounds += 1;
  failed = status !== 0;
  if (failed)
    say(`${stdout}${stderr}\nagain: SEATKEEPER_SEED=${seed} npx vitest run ${files.join(" ")}`);
  else say(`seed ${seed}: ${files.length} files agree`);
}
say(failed ? `round ${rounds} failed` : `${rounds} rounds, none failed`);
process.exitCode = failed ? 1 : 0;

/** @param {number} seed */
function run(seed) {
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  return spawnSync(process.execPath, [vitest, "run", "--project", "core", ...files], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    env: { ...process.env, SEATKEEPER_SEED: String(seed) },
  });
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`);
}
