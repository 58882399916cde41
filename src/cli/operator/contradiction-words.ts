import { isoTime } from "../../base/time.ts";
import type { Contradiction, Superseded } from "../../client/index.ts";

/** What a person at the workstation can do about it: tell somebody, and show the file. */
export function contradictionInWords({
  knownBy,
  known,
  shown,
  evidence,
  policy,
  refusedFrom,
  noteRefused,
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
    ...(noteRefused === undefined ? [] : [REFUSALS[noteRefused]]),
    ...until,
  ];
}

const REFUSALS: Readonly<Record<NonNullable<Contradiction["noteRefused"]>, string>> = {
  SUPERSEDE_OLDER:
    "the vendor's note that the server shows is older than what this computer remembers (SUPERSEDE_OLDER)",
  SUPERSEDE_BEYOND:
    "the vendor's note that the server shows gives up shorter ledgers only: the vendor needs the proof (SUPERSEDE_BEYOND)",
};

/** That the contradiction is over, by whose word, and where the proof of it stays. */
export function supersededInWords({
  number,
  reason,
  known,
  shown,
  evidence,
}: Superseded): readonly string[] {
  const remembered = known.map(blocks).join(" and of ");
  return [
    `the vendor has accepted the license server's ledger of ${blocks(shown)} in place of the one of ${remembered} that this computer remembered (note ${number}: ${reason})`,
    ...evidence.map((file) => `what was remembered is kept in ${file}`),
  ];
}

const blocks = (count: number): string => (count === 1 ? "1 block" : `${count} blocks`);
