/** A faulted service closes when its orders are gone, and soon in any case. */
import { describe, expect, it } from 'vitest';
import type { OrderTable } from '../../src/app/order-table.js';
import { PARTING_MS, partFrom } from '../../src/app/parting.js';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import { unixMs } from '../../src/model/quantities.js';

type Live = ReturnType<OrderTable['live']>;

async function partedAfter(endsAt: number): Promise<number> {
  const clock = new SimulatedClock(unixMs(0));
  const live = (): Live => (clock.now() < endsAt ? [{}] : []) as unknown as Live;
  let parted = Number.NaN;
  const parting = partFrom({ live }, clock).then(() => (parted = clock.now()));
  for (let ms = 0; ms < 3_000 && Number.isNaN(parted); ms += 10) await clock.advance(10);
  await parting;
  return parted;
}

describe('the end of a faulted service', () => {
  it('waits for nothing when no order is alive', async () => {
    expect(await partedAfter(0)).toBeLessThanOrEqual(10);
  });

  it('waits until the orders are gone', async () => {
    const parted = await partedAfter(400);
    expect(parted).toBeGreaterThanOrEqual(400);
    expect(parted).toBeLessThan(500);
  });

  it('waits no longer than that for orders whose ends nobody hears', async () => {
    const parted = await partedAfter(Infinity);
    expect(parted).toBeGreaterThanOrEqual(PARTING_MS);
    expect(parted).toBeLessThan(PARTING_MS + 100);
  });
});
