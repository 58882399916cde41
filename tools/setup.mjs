// Sets a fresh clone up: dependencies, and with --build the compiled program.
// Each step is skipped when its stamp says that nothing it depends on has changed.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE = [20, 19];

refuseOldNode();
step("dependencies", "node_modules/.setup-stamp", ["package.json", "package-lock.json"], install);
if (process.argv.includes("--build")) {
  const inputs = [
    "tools/setup.mjs",
    "tsconfig.json",
    "tsconfig.build.json",
    "package-lock.json",
    ...files("src"),
  ];
  step("build", "dist/.build-stamp", inputs, build);
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [needMajor = 0, needMinor = 0] = OLDEST_NODE;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  say(`error: Node ${process.versions.node} is too old`);
  say(`hint: install Node ${OLDEST_NODE.join(".")} or newer and run the command again`);
  process.exit(1);
}

/** @param {string} name @param {string} stamp @param {string[]} inputs @param {() => void} work */
function step(name, stamp, inputs, work) {
  const stampPath = join(root, stamp);
  const wanted = digest(inputs);
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === wanted) return;
  say(`${name} ...`);
  work();
  writeFileSync(stampPath, wanted);
}

function install() {
  // better-sqlite3 is compiled here from the sources in its package; Node's own headers are
  // used where they are installed, so that nothing has to be downloaded for it.
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, "include/node/node.h"))
    ? { npm_config_nodedir: prefix }
    : {};
  // Not `npm ci`: it refuses a lock file that lacks the optional packages of other platforms.
  // Without saving, the lock file decides all the same and stays as it is.
  run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
    npm_config_build_from_source: "true",
    ...headers,
  });
}

function build() {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  run(process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    "tsconfig.build.json",
  ]);
  compileNotify();
}

/** What tells systemd that the daemon is ready. Only the package cannot do without it. */
function compileNotify() {
  const headers = [
    join(dirname(dirname(process.execPath)), "include/node"),
    // Where node-gyp keeps what it fetched to compile better-sqlite3.
    join(homedir(), ".cache/node-gyp", process.versions.node, "include/node"),
  ].find((folder) => existsSync(join(folder, "node_api.h")));
  const source = join(root, "src/systemd/notify.c");
  const target = join(root, "dist/systemd/notify.node");
  const options = [
    "-shared",
    "-fPIC",
    "-O2",
    "-s",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wl,--build-id=none",
  ];
  const made =
    headers !== undefined &&
    spawnSync("cc", [...options, "-I", headers, "-o", target, source], { stdio: ["ignore", 2, 2] })
      .status === 0;
  if (!made) say("notify.node was not compiled: this build cannot run under Type=notify");
}

/** @param {string} command @param {string[]} args @param {Record<string, string>} [extra] */
function run(command, args, extra = {}) {
  try {
    execFileSync(command, args, {
      cwd: root,
      stdio: ["ignore", 2, 2],
      env: { ...process.env, ...extra },
    });
  } catch {
    say(`error: ${command} ${args.join(" ")} failed; its output is above`);
    say("hint: python3, make and a C++ compiler are needed once, to compile better-sqlite3");
    process.exit(1);
  }
}

/** @param {string[]} paths */
function digest(paths) {
  const hash = createHash("sha256").update(process.version).update(process.arch);
  for (const path of paths)
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(join(root, path)));
  return hash.digest("hex");
}

/** @param {string} folder @returns {string[]} */
function files(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}
