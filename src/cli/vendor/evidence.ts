import { toHex } from "../../base/bytes.ts";
import { isoTime } from "../../base/time.ts";
import {
  type EvidenceFinding,
  type EvidenceHead,
  type JudgedEvidence,
  judgeEvidence,
} from "../../vendor/evidence.ts";
import { holdTo, noLongerHoldTo } from "../../vendor/evidence-heads.ts";
import { type Command, command } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { readInput } from "../shared/input-file.ts";
import type { Output } from "../shared/output.ts";
import { DIR_OPTION, now, openDesk, withStore } from "./desk.ts";

/** `seatkeeper-vendor evidence`: what a client saw, held against the books. */
export const evidence: Command = command({
  command: "evidence <file>",
  summary: "say what a client's evidence file proves, and against which ledger",
  options: {
    file: {
      type: "string",
      demandOption: true,
      describe: "the file from evidence/ of the client's data folder",
    },
    hold: {
      type: "boolean",
      default: false,
      describe: "from now on hold bundles of a ledger that does not have these heads",
    },
    drop: {
      type: "boolean",
      default: false,
      describe: "hold nothing to these heads any more: you know how they came about",
    },
    ...DIR_OPTION,
    ...JSON_OPTION,
  },
  examples: [
    ["evidence 0000000000000118.9f….json", "was it an attack, or a restore?"],
    ["evidence 0000000000000118.9f….json --hold", "and see that no other ledger is billed"],
  ],
  async run(options, shell) {
    const { file, hold, drop } = options;
    if (hold && drop) throw usageError("say one of --hold and --drop");
    const bytes = readInput(file, "evidence file");
    const folder = openDesk(options, shell);
    const judged = await withStore(folder, (store) =>
      store.write((database) => {
        const found = judgeEvidence(database, folder.vendor, bytes);
        if (hold) holdTo(database, found, now().wall);
        if (drop) noLongerHoldTo(database, found);
        return found;
      }),
    );
    if (options.json) shell.out.json({ file, ...jsonOf(judged) });
    else tell(file, judged, shell.out);
    if (!options.json && hold) shell.out.note("bundles are held to these heads from now on");
    if (!options.json && drop) shell.out.note("bundles are held to these heads no longer");
    return judged.finding === "ONE_LEDGER" ? EXIT.done : EXIT.unverified;
  },
});

const MEANINGS: Readonly<Record<EvidenceFinding, string>> = {
  FORK: "the daemon has signed two ledgers of the same size",
  NOT_ACKNOWLEDGED: "the daemon has signed a head that is not of the ledger you have acknowledged",
  WENT_BACK: "the daemon showed this client less than before",
  NOT_PROVEN: "the daemon did not prove to this client that its ledger goes on from what it was",
  NO_HEAD: "the daemon showed this client no head of its ledger",
  ONE_LEDGER: "no contradiction: all of it is one ledger",
};

const HINTS: Readonly<Record<EvidenceFinding, string>> = {
  FORK: "there are two ledgers, whoever keeps them: keep the file, and talk to the site",
  NOT_ACKNOWLEDGED:
    "there are two ledgers, whoever keeps them: keep the file, and talk to the site",
  WENT_BACK:
    "ask the site whether it was put back to an older state; its next bundle shows which ledger goes on",
  NOT_PROVEN:
    "ask the site for a bundle: it shows which of the heads are of the ledger that is billed",
  NO_HEAD: "the server may be an old release, or somebody else's; ask the site",
  ONE_LEDGER: "the file may have been changed since the client kept it",
};

function tell(file: string, judged: JudgedEvidence, out: Output): void {
  const { finding, isProven, site, chainId, seenAt, known, shown, checked } = judged;
  const isSound = finding === "ONE_LEDGER";
  out.line(`${file}: ${out.paint(isSound ? "green" : "red", finding)}: ${MEANINGS[finding]}`);
  const basis = isProven ? "proven by signatures alone" : "by the client's word";
  const rows: readonly (readonly [string, string])[] = [
    ["site", site],
    ["ledger", chainId],
    ...(isSound ? [] : [["basis", basis] as const]),
    ["seen", `${isoTime(seenAt)}, by the client's clock`],
    ["known", inWords(known)],
    ["shown", shown === undefined ? "no head" : inWords(shown)],
    ...checked.map((what) => ["checked", what] as const),
  ];
  for (const [name, value] of rows) out.line(`  ${name.padEnd(8)}  ${value}`);
  out.note(`hint: ${HINTS[finding]}`);
}

const BOOKS: Readonly<Record<EvidenceHead["books"], string>> = {
  agree: "as you have acknowledged",
  contradict: "not what you have acknowledged",
  open: "not acknowledged yet",
};

function inWords({ size, root, signedBy, books }: EvidenceHead): string {
  const blocks = size === 1 ? "1 block" : `${size} blocks`;
  const by = signedBy === "vendor" ? "by your license" : "signed by the daemon";
  return `${blocks}, root ${toHex(root)}, ${by}: ${BOOKS[books]}`;
}

function jsonOf(judged: JudgedEvidence): object {
  const { known, shown, seenAt } = judged;
  return {
    ...judged,
    seenAt: isoTime(seenAt),
    known: { ...known, root: toHex(known.root) },
    shown: shown === undefined ? null : { ...shown, root: toHex(shown.root) },
  };
}
