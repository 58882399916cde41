import type { OpenedBlock } from "../bundle/verify-input.ts";

/** The newest head of the site's audit trail that a bundle has. */
export interface SealedTrail {
  /** 32 bytes. */
  readonly head: Uint8Array;
  /** The block that tells of it. */
  readonly block: number;
}

/** The head in one block; undefined where it tells of none. */
export function trailIn({ index, payload }: OpenedBlock): SealedTrail | undefined {
  const head =
    payload.type === "checkpoint"
      ? payload.meta.trailHead
      : payload.type === "heartbeat"
        ? payload.trailHead
        : undefined;
  return head === undefined ? undefined : { head, block: index };
}
