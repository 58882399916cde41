import { fromBase64Url } from "../base/bytes.ts";
import type { ChainId } from "../base/ids.ts";
import { NoteError } from "../note/errors.ts";
import { peekJsonNote, readJsonNote } from "../note/json-note.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { CLIENT_NOTE_NAME, decodeHello, type Hello } from "../protocol/handshake.ts";

/** What a hello must repeat to be an answer to this challenge on this connection. */
export interface Expected {
  readonly challenge: string;
  readonly daemonKey: string;
  readonly chainId: ChainId;
  /** Null over plaintext. */
  readonly certificateFingerprint: string | null;
}

/**
 * The hello, if its own client key signed it over exactly this challenge; undefined otherwise. A
 * hello of another connection, another daemon, or another vendor's ledger is none, nor is one by a
 * client that saw another certificate than ours: somebody sits in between.
 */
export function verifiedHello(note: string, expected: Expected): Hello | undefined {
  try {
    const claimed = decodeHello(peekJsonNote(note).body);
    const publicKey = fromBase64Url(claimed.clientKey);
    const hello = decodeHello(readJsonNote("hello", note, [{ name: CLIENT_NOTE_NAME, publicKey }]));
    return answers(hello, expected) ? hello : undefined;
  } catch (error) {
    if (error instanceof NoteError || error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function answers(hello: Hello, expected: Expected): boolean {
  return (
    hello.challenge === expected.challenge &&
    hello.daemonKey === expected.daemonKey &&
    hello.chainId === expected.chainId &&
    hello.certificateFingerprint === expected.certificateFingerprint
  );
}
