import { fromBase64, toBase64 } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import { NoteError } from "./errors.ts";
import { type NoteSigner, type NoteVerifier, openNote, signNote } from "./signed-note.ts";

/** How long a ledger is and what it contains, in 32 bytes (C2SP tlog-checkpoint). */
export interface Head {
  /** `<vendor>/skc/<chain id>`; also the name of the key that signs. */
  readonly origin: string;
  /** Blocks. */
  readonly size: number;
  /** RFC 6962 root over the blocks' leaves: 32 bytes. */
  readonly root: Uint8Array;
}

/** `<vendor>/skc/<chain id>`: the name of a ledger, and of the daemon key that signs its heads. */
export function chainOrigin(vendorName: string, chain: ChainId): string {
  return `${vendorName}/skc/${chain}`;
}

/** The head as a checkpoint note. The signer's name is the origin. */
export function signHead(head: Head, signer: NoteSigner): string {
  return signNote(`${head.origin}\n${head.size}\n${toBase64(head.root)}\n`, signer);
}

/**
 * The head that this key signed. Its origin is the verifier's name; extension lines are refused.
 * @throws NoteError
 */
export function openHead(note: string | Uint8Array, verifier: NoteVerifier): Head {
  const lines = openNote(note, [verifier]).text.split("\n");
  const [origin, size, root, end] = lines;
  if (lines.length !== 4 || end !== "") throw badHead("does not have three lines");
  if (origin !== verifier.name) throw badHead("names another origin than its key");
  return { origin, size: sizeOf(size ?? ""), root: rootHash(root ?? "") };
}

function sizeOf(text: string): number {
  const size = Number(text);
  if (!/^(?:0|[1-9][0-9]*)$/.test(text) || !Number.isSafeInteger(size)) {
    throw badHead("has a malformed size");
  }
  return size;
}

function rootHash(text: string): Uint8Array {
  let root: Uint8Array;
  try {
    root = fromBase64(text);
  } catch (cause) {
    throw badHead("has a malformed root", cause);
  }
  if (root.length !== 32) throw badHead("has a malformed root");
  return root;
}

function badHead(what: string, cause?: unknown): NoteError {
  return new NoteError("NOTE_HEAD", `the head ${what}`, { cause });
}
