import { blockLeaf } from "../../src/ledger/block.ts";
import type { CheckpointDraft } from "../../src/ledger/draft.ts";
import type { ChainKeys } from "../../src/ledger/keys.ts";
import { tipProof } from "../../src/ledger/keys.ts";
import { encodePayload, type PayloadSource } from "../../src/ledger/payload-codec.ts";
import { type Content, type Place, sealBlock } from "../../src/ledger/sealing.ts";
import type { ChainState } from "../../src/ledger/state.ts";
import { steppedKeys } from "../../src/ledger/succession.ts";
import { clocksAt, minute, noon, usage } from "./given.ts";
import type { Site } from "./site.ts";
import { pack } from "./site.ts";

/** What who owns the machine can do from now on: seal anything, with the keys of the next block. */
export class Forger {
  readonly #site: Site;
  state: ChainState;
  readonly blocks: Uint8Array[] = [];

  constructor(site: Site) {
    this.#site = site;
    this.state = site.stolenState();
  }

  get place(): Place {
    const { chainId, nextIndex: index, segment, indexInSegment, prevLeaf } = this.state;
    return { chainId, index, segment, indexInSegment, prevLeaf };
  }

  seal(source: PayloadSource, changes: Partial<Content> = {}): void {
    const content = { ...encodePayload(source), ext: new Uint8Array(0), ...changes };
    const { auth, read } = this.state;
    this.append(sealBlock(this.place, content, { auth, read }), steppedKeys(this.state));
  }

  append(bytes: Uint8Array, keys: ChainKeys): void {
    const leaf = blockLeaf(bytes);
    this.blocks.push(bytes);
    this.state = {
      ...this.state,
      ...keys,
      nextIndex: this.state.nextIndex + 1,
      indexInSegment: this.state.indexInSegment + 1,
      prevLeaf: leaf,
      frontier: this.state.frontier.append(leaf),
    };
  }

  /** The bundle with the forged blocks behind the honest ones, everything signed and proven. */
  bundle(claimedRoot: Uint8Array = this.state.frontier.root(), checkpoint?: string): Uint8Array {
    const parts = this.#site.parts();
    const { auth, chainId, nextIndex: size, prevLeaf: lastLeaf } = this.state;
    const blocks = [...parts.blocks, ...this.blocks];
    return pack({
      ...parts,
      size,
      blocks,
      blockCount: blocks.length,
      root: claimedRoot,
      tip: tipProof(auth, { chainId, size, lastLeaf, root: claimedRoot }),
      checkpoint: checkpoint ?? this.#site.signHead(size, claimedRoot),
    });
  }
}

/** One usage record more, as the site itself would seal it. */
export function checkpointOf(site: Site): CheckpointDraft {
  return {
    type: "checkpoint",
    detail: "events",
    firstEventId: site.nextEvent,
    events: [usage(site.nextEvent)],
    later: [],
    open: [],
    inUse: new Map(),
    from: noon,
    clocks: clocksAt(noon + 2 * minute),
  };
}
