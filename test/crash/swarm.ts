import { type Identity, leaseOf, somebody, Workstation } from "../daemon/workstation.ts";

/** What one client has been told, across however many daemons. */
interface Told {
  readonly granted: string[];
  readonly released: string[];
  units: number;
}

/**
 * Clients that never rest and never forget: each takes seats, gives some back and records usage,
 * and after a broken connection repeats what was not answered under the same key.
 */
export class Swarm {
  readonly told: Told = { granted: [], released: [], units: 0 };
  readonly identities: readonly Identity[];
  readonly #leases: Map<string, Identity> = new Map();
  readonly #stations: Map<Identity, Workstation> = new Map();
  #url: Promise<string>;
  #stopped = false;
  #abandoned = false;
  #answers = 0;
  #watcher: { readonly at: number; readonly tell: () => void } | undefined;
  readonly #ended: readonly Promise<void>[];

  constructor(size: number, url: string) {
    this.#url = Promise.resolve(url);
    this.identities = Array.from({ length: size }, (_, number) => somebody(`user-${number}`));
    this.#ended = this.identities.map((identity) => this.#live(identity));
  }

  /** Leases that were granted and not released, with who holds them. */
  get held(): ReadonlyMap<string, Identity> {
    return this.#leases;
  }

  /** Resolves at the `count`th answer from now, before anything else happens. */
  afterAnswers(count: number): Promise<void> {
    return new Promise((tell) => {
      this.#watcher = { at: this.#answers + count, tell };
    });
  }

  /** Where the next daemon will be. */
  moveTo(url: Promise<string>): void {
    this.#url = url;
  }

  /** Nobody insists any more: the test is over. */
  abandon(): void {
    this.#stopped = true;
    this.#abandoned = true;
  }

  /** Everybody finishes what it is at. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#ended);
  }

  async #live(identity: Identity): Promise<void> {
    let turn = 0;
    while (!this.#stopped) {
      turn += 1;
      const key = `turn-${turn}`;
      await this.#insist(identity, (station) => this.#acquire(station, key));
      await this.#insist(identity, (station) => this.#record(station, key));
      const [lease] = [...this.#leases].find(([, holder]) => holder === identity) ?? [];
      if (lease !== undefined && turn % 3 > 0) {
        await this.#insist(identity, (station) => this.#release(station, lease));
      }
    }
    await this.#stations.get(identity)?.leave();
  }

  /** Again and again until a daemon has answered. */
  async #insist(identity: Identity, ask: (station: Workstation) => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await ask(await this.#station(identity));
      } catch (error) {
        if (error instanceof Refused || this.#abandoned) throw error;
        this.#stations.delete(identity);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  async #station(identity: Identity): Promise<Workstation> {
    const known = this.#stations.get(identity);
    if (known !== undefined) return known;
    const station = await Workstation.greeted(await this.#url, identity);
    this.#stations.set(identity, station);
    return station;
  }

  async #acquire(station: Workstation, key: string): Promise<void> {
    const lease = leaseOf(accepted(await station.acquire("cad.pro", { key })));
    this.told.granted.push(lease);
    this.#leases.set(lease, station.identity);
    this.#answered();
  }

  async #record(station: Workstation, key: string): Promise<void> {
    const records = [{ meter: "render.minutes", units: 7, key, usedAt: Date.now() }];
    accepted(await station.ask("usage.record", { records }));
    this.told.units += 7;
    this.#answered();
  }

  async #release(station: Workstation, lease: string): Promise<void> {
    const answer = await station.ask("seat.release", { lease });
    // A release that was done and whose answer was lost: the lease is unknown the second time.
    if (answer.error?.data["reason"] !== "LEASE_UNKNOWN") accepted(answer);
    this.told.released.push(lease);
    this.#leases.delete(lease);
    this.#answered();
  }

  #answered(): void {
    this.#answers += 1;
    if (this.#watcher?.at === this.#answers) this.#watcher.tell();
  }
}

class Refused extends Error {}

function accepted(message: Awaited<ReturnType<Workstation["ask"]>>): typeof message {
  if (message.error !== undefined) throw new Refused(JSON.stringify(message.error));
  return message;
}
