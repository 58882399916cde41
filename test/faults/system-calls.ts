import { readFileSync } from "node:fs";
import type { DiskCall } from "./faulty-disk.ts";

const CLASSES: Readonly<Record<string, RegExp>> = {
  write: /^(?:p?writev?2?|pwrite64|sendfile|copy_file_range|splice|fallocate)$/,
  sync: /^(?:fsync|fdatasync|sync_file_range|msync)$/,
  cut: /^(?:ftruncate|truncate)(?:64)?$/,
  name: /^(?:rename(?:at2?)?|unlink(?:at)?|link(?:at)?)$/,
};

/** What strace is to look for: whatever changes a file, a library's view of it aside. */
export const STRACE: readonly string[] = [
  "strace",
  // The program stays the child that signals go to.
  "-D",
  "-f",
  "-y",
  "-e",
  "trace=write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,splice,fallocate,fsync,fdatasync,sync_file_range,msync,ftruncate,truncate,rename,renameat,renameat2,unlink,unlinkat,link,linkat,mmap,io_uring_setup",
];

/** How often each class of call was made on each file: `write seatkeeper.db-wal` to a count. */
export type CallCounts = Readonly<Record<string, number>>;

export function countsOf(calls: readonly DiskCall[]): CallCounts {
  return counted(calls.map(({ name, path }) => `${classOf(name)} ${path}`));
}

/** The same as the kernel saw it, below `folder`. */
export function countsInStrace(path: string, folder: string): CallCounts {
  const seen = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.includes(folder));
  return counted(
    seen.flatMap((line) => {
      const [, name = "", rest = ""] = /^\d+ +(\w+)\((.*)/.exec(line) ?? [];
      // A file that is mapped to be written would change without a call.
      if (name === "mmap") return /PROT_WRITE.*MAP_SHARED/.test(rest) ? ["mapped for writing"] : [];
      const places = [...rest.matchAll(/[<"]([^>"]*)[>"]/g)].map(([, place = ""]) => place);
      const place = places.findLast((each) => each === folder || each.startsWith(`${folder}/`));
      if (name === "" || place === undefined) return [];
      return [`${classOf(name)} ${place.slice(folder.length + 1) || "."}`];
    }),
  );
}

function classOf(name: string): string {
  return Object.keys(CLASSES).find((each) => CLASSES[each]?.test(name)) ?? name;
}

function counted(keys: readonly string[]): CallCounts {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
