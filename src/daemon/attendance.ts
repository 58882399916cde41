import type { ClientKey, InstanceId } from "../base/ids.ts";
import type { Millis } from "../base/time.ts";
import type { Notice } from "../seats/decision.ts";
import type { Caller } from "../seats/lease.ts";
import type { Departure } from "./departure.ts";
import type { Expiry } from "./expiries.ts";

/** One process of one client installation. */
export interface Attendee {
  readonly client: ClientKey;
  readonly instance: InstanceId;
}

/** A greeted connection, as the desk can reach it. */
export interface Listener {
  /** Who it is, with the groups of this moment. */
  caller(): Caller;
  /** What leaves for it. */
  notice(notice: Notice): Departure;
  licenseChanged(): void;
  licenseExpiring(expiry: Expiry): void;
  draining(after: Millis): void;
  /** Another connection of the same instance took its place. */
  replaced(): void;
}

/** Who is connected to one vendor's desk: at most one connection per instance. */
export class Attendance {
  readonly #byClient: Map<ClientKey, Map<InstanceId, Listener>> = new Map();

  /** A connection that the instance had before is told that it is replaced. */
  join({ client, instance }: Attendee, listener: Listener): void {
    const instances = this.#byClient.get(client) ?? new Map<InstanceId, Listener>();
    const former = instances.get(instance);
    instances.set(instance, listener);
    this.#byClient.set(client, instances);
    former?.replaced();
  }

  /** True when the instance has no connection any more; false when it had been replaced. */
  leave({ client, instance }: Attendee, listener: Listener): boolean {
    const instances = this.#byClient.get(client);
    if (instances?.get(instance) !== listener) return false;
    instances.delete(instance);
    if (instances.size === 0) this.#byClient.delete(client);
    return true;
  }

  isHere({ client, instance }: Attendee): boolean {
    return this.#byClient.get(client)?.has(instance) ?? false;
  }

  instancesOf(client: ClientKey): ReadonlySet<InstanceId> {
    return new Set(this.#byClient.get(client)?.keys());
  }

  /** Notices for those who are gone leave for nobody. */
  departuresOf(notices: readonly Notice[]): readonly Departure[] {
    return notices.flatMap((notice) => {
      const listener = this.#byClient.get(notice.client)?.get(notice.instance);
      return listener === undefined ? [] : [listener.notice(notice)];
    });
  }

  everybody(): readonly Listener[] {
    return [...this.#byClient.values()].flatMap((instances) => [...instances.values()]);
  }
}
