import { connect, createServer, type Server, type Socket } from "node:net";
import { later } from "./leftovers.ts";

interface Line {
  readonly near: Socket;
  readonly far: Socket;
  isDead: boolean;
}

/** The network between workstations and a daemon on this machine: real sockets, and somebody at the plug. */
export class Network {
  /** Where new connections seem to come from; any address of 127.0.0.0/8. */
  address = "127.0.0.1";
  readonly #port: number;
  readonly #server: Server;
  readonly #lines = new Set<Line>();

  /** @param port of the daemon. */
  static async to(port: number): Promise<Network> {
    const network = new Network(port);
    await new Promise<void>((resolve) => network.#server.listen(0, "127.0.0.1", resolve));
    later(() => network.#close());
    return network;
  }

  private constructor(port: number) {
    this.#port = port;
    this.#server = createServer((near) => this.#connect(near));
  }

  get url(): string {
    const bound = this.#server.address();
    if (bound === null || typeof bound === "string") throw new Error("not listening");
    return `ws://127.0.0.1:${bound.port}`;
  }

  /** Every connection breaks, and both ends notice. */
  cut(): void {
    for (const { near, far } of this.#lines) {
      near.destroy();
      far.destroy();
    }
  }

  /** Whatever is sent on the connections of now is lost, and nobody is told: a route that has gone. */
  loseRoutes(): void {
    for (const line of this.#lines) line.isDead = true;
  }

  #connect(near: Socket): void {
    const far = connect({ port: this.#port, host: "127.0.0.1", localAddress: this.address });
    const line: Line = { near, far, isDead: false };
    this.#lines.add(line);
    this.#forward(line, near, far);
    this.#forward(line, far, near);
  }

  #forward(line: Line, from: Socket, to: Socket): void {
    from.on("data", (bytes) => {
      if (!line.isDead) to.write(bytes);
    });
    from.on("error", () => undefined);
    from.once("close", () => {
      this.#lines.delete(line);
      if (!line.isDead) to.destroy();
    });
  }

  async #close(): Promise<void> {
    for (const { near, far } of this.#lines) {
      near.destroy();
      far.destroy();
    }
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
