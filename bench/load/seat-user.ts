import type { Tally } from "./tally.ts";
import type { Reply, Workstation } from "./workstation.ts";

let keys = 0;

/** A workstation that takes seats and gives them back, and keeps the tally. */
export class SeatUser {
  readonly station: Workstation;
  readonly #tally: Tally;
  readonly #leases: string[] = [];

  constructor(station: Workstation, tally: Tally) {
    this.station = station;
    this.#tally = tally;
  }

  get leases(): readonly string[] {
    return this.#leases;
  }

  /** @param done with the moment of the answer, and whether there is a seat now. */
  acquire(feature: string, done: (at: number, isHeld: boolean) => void): void {
    this.station.ask("seat.acquire", this.#wish(feature, false), (reply, at) => {
      done(at, this.#took(reply));
    });
  }

  /** Waits in the queue; `done` when the seat is there. */
  await(feature: string, done: (at: number) => void): void {
    this.station.onNotification(({ method, params }) => {
      if (method !== "queue.granted" || params?.lease === undefined) return;
      const at = performance.now();
      this.#keep(params.lease.id);
      done(at);
    });
    this.station.ask("seat.acquire", this.#wish(feature, true), (reply, at) => {
      if (reply.result?.state === "queued") return;
      if (this.#took(reply)) done(at);
    });
  }

  /** Gives the newest seat back. */
  release(done: (at: number) => void): void {
    const lease = this.#leases.pop();
    if (lease === undefined) throw new TypeError("no seat to give back");
    this.#tally.givenBack(lease);
    this.station.ask("seat.release", `{"lease":"${lease}"}`, (reply, at) => {
      if (reply.error !== undefined) this.#tally.failed(codeOf(reply));
      done(at);
    });
  }

  /** Renews or resumes all seats; those that are not confirmed are lost. */
  confirm(method: "seat.renew" | "seat.resume", done: (at: number, lost: number) => void): void {
    const leases = JSON.stringify(this.#leases);
    const params = `{"leases":${leases},"nonce":"${this.station.nonce}"}`;
    this.station.ask(method, params, (reply, at) => {
      if (reply.error !== undefined) this.#tally.failed(codeOf(reply));
      const kept = new Set(reply.result?.leases?.map(({ id }) => id));
      done(at, this.#leases.filter((lease) => !kept.has(lease)).length);
    });
  }

  #wish(feature: string, wait: boolean): string {
    keys += 1;
    const key = `bench-${process.pid}-${keys}`;
    return `{"feature":"${feature}","wait":${wait},"key":"${key}","nonce":"${this.station.nonce}"}`;
  }

  #took(reply: Reply): boolean {
    const lease = reply.result?.lease;
    if (lease !== undefined) {
      this.#keep(lease.id);
      return true;
    }
    if (reply.error?.data?.reason === "NO_SEATS") this.#tally.denied();
    else this.#tally.failed(codeOf(reply));
    return false;
  }

  #keep(lease: string): void {
    this.#leases.push(lease);
    this.#tally.granted(lease);
  }
}

function codeOf({ error }: Reply): string {
  return error?.data?.reason ?? String(error?.code ?? "no answer");
}
