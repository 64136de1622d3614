/** A clock that somebody moves: each deadline fires in order, and promises settle in between. */
import { HeapClock } from './heap.clock.js';

export class SimulatedClock extends HeapClock {
  /** Moves by `ms`, firing each deadline and then letting promises and turn ends settle. */
  async advance(ms: number): Promise<void> {
    const end = this.now() + ms;
    await settle();
    while (this.fireNext(end)) await settle();
    this.advanceTo(end);
    await settle();
  }
}

/** Lets promise chains run dry: one macrotask comes after all microtasks that are queued. */
export const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
