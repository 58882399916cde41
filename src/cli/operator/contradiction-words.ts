import { isoTime } from "../../base/time.ts";
import type { Contradiction } from "../../client/index.ts";

/** What a person at the workstation can do about it: tell somebody, and show the file. */
export function contradictionInWords({
  knownBy,
  known,
  shown,
  evidence,
  policy,
  refusedFrom,
}: Contradiction): readonly string[] {
  const knower = knownBy === "computer" ? "this computer remembers" : "the vendor has acknowledged";
  const now =
    shown === undefined
      ? "shows none"
      : `shows one of ${blocks(shown)} that does not go on from it`;
  const file =
    evidence === undefined
      ? "the proof could not be kept: the disk refused it"
      : `the proof is in ${evidence}`;
  const until =
    policy === "grace" && refusedFrom !== undefined
      ? [`no seats will be taken from this server from ${isoTime(refusedFrom)} on`]
      : [];
  return [
    `${knower} a usage ledger of ${blocks(known)}; the license server ${now}`,
    `${file}; tell the license administrator`,
    ...until,
  ];
}

const blocks = (count: number): string => (count === 1 ? "1 block" : `${count} blocks`);
