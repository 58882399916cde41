// A folder that becomes an archive: the same files give the same bytes, whoever packs them and when.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";

/** Writes a file below `tree`. @param {string} tree @param {string} path @param {string | Uint8Array} content @param {number} [mode] */
export function put(tree, path, content, mode = 0o644) {
  const target = join(tree, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  chmodSync(target, mode);
}

/** All files, sorted, relative to the folder. @param {string} folder @returns {string[]} */
export function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

/**
 * No empty folders, no times, no modes of whoever copied: 0755 for folders and what is executable,
 * else 0644. @param {string} folder @param {number} epoch seconds
 */
export function settle(folder, epoch) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const found = lstatSync(path);
    if (found.isDirectory()) settle(path, epoch);
    else chmodSync(path, found.mode & 0o100 ? 0o755 : 0o644);
    if (found.isDirectory() && readdirSync(path).length === 0) rmdirSync(path);
    else utimesSync(path, epoch, epoch);
  }
  chmodSync(folder, 0o755);
  utimesSync(folder, epoch, epoch);
}

/** @param {string} path */
export const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");

/** @param {string} path */
export const md5 = (path) => createHash("md5").update(readFileSync(path)).digest("hex");

/** Runs a tool of the system; what it says is shown. @param {string} command @param {readonly string[]} args @param {Record<string, string>} [env] */
export function run(command, args, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    env: { ...process.env, LC_ALL: "C", ...env },
    maxBuffer: 64 * 1_048_576,
  });
  if (error !== undefined) throw new Error(`${command} cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stderr.toString()}`);
  return stdout.toString();
}

/** A tar archive of the folder, under the name `as`. @param {string} folder @param {string} as @param {string} target @param {string} compressor @param {number} epoch */
export function tar(folder, as, target, compressor, epoch) {
  run("tar", [
    "--create",
    "--format=gnu",
    "--sort=name",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    `--mtime=@${epoch}`,
    `--transform=s,^\\.,${as},`,
    `--use-compress-program=${compressor}`,
    `--file=${target}`,
    `--directory=${folder}`,
    ".",
  ]);
}
