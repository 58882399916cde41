import { toBase64Url } from "../../base/bytes.ts";
import { isoTime, type UnixMillis } from "../../base/time.ts";
import { issuerKeyId } from "../../license/issuer.ts";
import { type ListedKey, listKeys } from "../../vendor/key-list.ts";
import { ISSUING_DAYS } from "../../vendor/keys.ts";
import {
  OVERLAP_DAYS,
  type Rotation,
  rotateIssuing,
  rotateSealing,
} from "../../vendor/rotation.ts";
import { type Command, command, group, type Shell } from "../shared/command.ts";
import { JSON_OPTION } from "../shared/common-options.ts";
import { usageError } from "../shared/errors.ts";
import { EXIT } from "../shared/exit.ts";
import { PASSPHRASE_OPTIONS, readPassphrase } from "../shared/passphrase.ts";
import { DIR_OPTION, now, openDesk, withStore } from "./desk.ts";

/** The longest that a key may be given: a hundred years. */
const MOST_DAYS = 36_525;

const list = command({
  command: "list",
  summary: "show the vendor's public keys, and how long each is used",
  options: { ...DIR_OPTION, ...JSON_OPTION },
  examples: [["keys list", "asks for no passphrase"]],
  run(options, shell) {
    const folder = openDesk(options, shell);
    const { vendor } = folder;
    const keys = listKeys(folder, now().wall);
    const { out } = shell;
    if (options.json) {
      const facts = { vendor: vendor.name, rootKey: toBase64Url(vendor.rootKey) };
      out.json({ ...facts, keys: keys.map(jsonOf) });
      return EXIT.done;
    }
    const titles = ["key", "id", "from", "until", "state"];
    out.table(
      titles.map((title) => ({ title, align: "left" })),
      keys.map(({ role, id, notBefore, notAfter, state }) => [
        role,
        id,
        dayOf(notBefore),
        notAfter === null ? "" : dayOf(notAfter),
        state,
      ]),
    );
    return EXIT.done;
  },
});

const rotate = command({
  command: "rotate",
  summary: "put a new issuing or sealing key in the place of the present one",
  options: {
    issuing: {
      type: "boolean",
      default: false,
      describe: "the key that signs licenses and receipts",
    },
    sealing: {
      type: "boolean",
      default: false,
      describe: "the key that sites seal their usage to",
    },
    days: {
      type: "number",
      requiresArg: true,
      describe: `how long the new issuing key may sign [default: ${ISSUING_DAYS}]`,
    },
    "overlap-days": {
      type: "number",
      requiresArg: true,
      describe: `how long sites may go on with the former sealing key [default: ${OVERLAP_DAYS}]`,
    },
    ...DIR_OPTION,
    ...PASSPHRASE_OPTIONS,
    ...JSON_OPTION,
  },
  examples: [
    ["keys rotate --issuing --days 730", "what the former key signed stays good"],
    ["keys rotate --sealing", "each site comes to the new key with its next license"],
  ],
  async run(options, shell) {
    if (options.issuing === options.sealing)
      throw usageError("say which key: either --issuing or --sealing");
    if (options.issuing && options.overlapDays !== undefined)
      throw usageError("--overlap-days goes with --sealing");
    if (options.sealing && options.days !== undefined)
      throw usageError("--days goes with --issuing");
    const days = options.issuing
      ? (options.days ?? ISSUING_DAYS)
      : (options.overlapDays ?? OVERLAP_DAYS);
    if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS)
      throw usageError(`days are a whole number from 1 to ${MOST_DAYS}`);
    await (options.issuing ? renewIssuing : renewSealing)(options, days, shell);
    return EXIT.done;
  },
});

export const keys: Command = group("keys", "show and renew the vendor's keys", [list, rotate]);

type RotateOptions = Parameters<typeof openDesk>[0] & { readonly json: boolean };

async function renewIssuing(options: RotateOptions, days: number, shell: Shell): Promise<void> {
  const { out } = shell;
  const { folder, rotation } = await prepared(options, days, shell);
  const { key, notAfter } = await withStore(folder, (store) =>
    rotateIssuing(folder.path, store, rotation),
  );
  const until = notAfter === null ? null : isoTime(notAfter);
  if (options.json) return out.json({ issuing: issuerKeyId(key), until });
  out.line(`issuing key  ${issuerKeyId(key)}`);
  out.line(`signs until  ${until?.slice(0, 10) ?? ""}`);
  out.note("what the former key signed stays good; back the folder up");
}

async function renewSealing(options: RotateOptions, days: number, shell: Shell): Promise<void> {
  const { out } = shell;
  const { folder, rotation } = await prepared(options, days, shell);
  const { current, former } = await withStore(folder, (store) =>
    rotateSealing(folder.path, store, rotation),
  );
  const formerUntil = former.notAfter === null ? null : isoTime(former.notAfter);
  if (options.json) return out.json({ sealing: current.kid, former: former.kid, formerUntil });
  out.line(`sealing key  ${current.kid}`);
  out.line(`former key   ${former.kid}, for sites until ${formerUntil?.slice(0, 10) ?? ""}`);
  out.note(
    "each site comes to the new key with its next license; ship the vendor file to new sites, back the folder up",
  );
}

async function prepared(
  options: RotateOptions,
  days: number,
  shell: Shell,
): Promise<{ readonly folder: ReturnType<typeof openDesk>; readonly rotation: Rotation }> {
  const folder = openDesk(options, shell);
  const source = { file: options.passphraseFile, fd: options.passphraseFd };
  const prompt = `passphrase of ${folder.vendor.name}`;
  const passphrase = await readPassphrase(source, { prompt, isNew: false }, shell.out);
  return { folder, rotation: { passphrase, now: now(), days } };
}

function jsonOf(key: ListedKey): object {
  const { notBefore, notAfter } = key;
  return {
    ...key,
    notBefore: isoTime(notBefore),
    notAfter: notAfter === null ? null : isoTime(notAfter),
  };
}

const dayOf = (moment: UnixMillis): string => isoTime(moment).slice(0, 10);
