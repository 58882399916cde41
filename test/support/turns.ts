/**
 * Lets sockets and files have so many turns of the event loop. While a file is being read or written no
 * turn counts: fake time that runs on would make the fastest disk look slow.
 */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += isDiskBusy() ? 0 : 1) {
    await new Promise((done) => setImmediate(done));
  }
}

const isDiskBusy = (): boolean =>
  process.getActiveResourcesInfo().some((name) => name.startsWith("FSReq"));
