/** The process dies: the next one finds its orders, books what it missed, and holds what it held. */
import { describe, expect, it } from 'vitest';
import type { Reason } from '../../src/model/decision.js';
import { fillId, marketId } from '../../src/model/quantities.js';
import { buyByHand } from '../support/by-hand.js';
import { quoting, resting } from '../support/quoting-service.js';
import { VirtualService } from '../support/virtual-service.js';

interface Actor {
  readonly getSnapshot: () => {
    readonly children: Readonly<Record<string, Actor>>;
    readonly context: { readonly heldMs?: number; readonly leaving?: Reason };
  };
}
const childrenOf = (actor: unknown): Readonly<Record<string, Actor>> =>
  (actor as Actor | undefined)?.getSnapshot().children ?? {};
/** What the machine of the sniper's position knows. */
const positionOf = ({ root }: VirtualService) =>
  childrenOf(childrenOf(root.actor)['strategy.sniper'])['position.BTC-USD']?.getSnapshot().context;

describe('a kill and a restart', () => {
  it.each([1, 3, 6, 300, 700, 1500])(
    '%i ms after the decision: orders resolved, fills booked once, position equal',
    async (ms) => {
      const service = new VirtualService();
      await service.ready();
      service.decide('BTC-USD', 'buy');
      await service.clock.advance(ms);
      await service.restart();
      await service.until(() => service.control.isReady().ready);
      await service.clock.advance(500);
      expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
      await service.until(() => service.root.core.orders.live().length === 0);
      await service.until(() => service.venuePosition('BTC-USD') === 0n, 30_000);
      await service.clock.advance(3_000);
      expect(service.position('BTC-USD')).toBe(0n);
      expect(service.root.core.usdc()).toBe(service.venueUsdc());
      const fills = service.entries('fill').map(({ fill }) => fill.fillId);
      expect(new Set(fills).size).toBe(fills.length);
      const ids = service.entries('order.intent').map(({ request }) => request.clientId);
      expect(new Set(ids).size).toBe(ids.length);
      expect(service.entries('run').map(({ epoch }) => epoch)).toEqual([1, 2]);
      expect(service.log.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

  it('leaves a position that it finds when its age comes again', async () => {
    const service = new VirtualService();
    await service.ready();
    service.decide('ETH-USD', 'sell');
    await service.until(() => service.position('ETH-USD') < 0n);
    await service.restart();
    expect(service.control.positions()).toMatchObject([{ market: 'ETH-USD', strategy: 'sniper' }]);
    await service.until(() => service.position('ETH-USD') === 0n, 30_000);
    expect(service.venuePosition('ETH-USD')).toBe(0n);
  });

  it('stops a position whose fill it finds at the start, where the stop is crossed already', async () => {
    const tight = { minConfidence: 1, maxHoldSeconds: 3_600, stopBps: 0.01, takeBps: 9_000 };
    const service = new VirtualService({ flags: { strategies: [tight] } });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(3);
    service.renew();
    await service.clock.advance(3_000);
    service.root.start();
    await service.until(() => service.position('BTC-USD') > 0n, 5_000);
    // Its machine is yet to come.
    expect(service.root.state).toBe('reconciling');
    await service.until(() => positionOf(service)?.leaving !== undefined, 10_000);
    expect(positionOf(service)?.leaving).toMatchObject({ code: 'exit.stop' });
    await service.until(() => service.position('BTC-USD') === 0n, 10_000);
  });

  it('counts the age of a position on from its first fill', async () => {
    const service = new VirtualService({ flags: { strategies: [{ maxHoldSeconds: 3_600 }] } });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
    service.renew();
    await service.clock.advance(31_000);
    await service.start();
    const heldMs = (): number => positionOf(service)?.heldMs ?? 0;
    await service.until(() => heldMs() > 0, 10_000);
    expect(heldMs()).toBeGreaterThan(30_000);
    expect(heldMs()).toBeLessThan(45_000);
  });

  it('does not clear a latch; a named operator does, and that is journaled', async () => {
    const service = new VirtualService();
    await service.ready();
    service.control.command({ type: 'halt', by: 'ada', reason: 'a drill' }).subscribe();
    await service.clock.advance(10);
    expect(service.control.risk()).toMatchObject({
      level: 'halted',
      breaches: [{ cause: 'operator', latched: true }],
    });
    await service.restart();
    expect(service.control.risk().level).toBe('halted');
    expect(service.control.isReady()).toMatchObject({ ready: false });
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(1_000);
    expect(service.sends).toBe(0);
    service.control.command({ type: 'resume', by: 'ada', reason: 'over' }).subscribe();
    await service.until(() => service.control.isReady().ready);
    await service.clock.advance(10);
    expect(service.entries('risk.cleared')).toMatchObject([{ cause: 'operator', by: 'ada' }]);
    expect(service.entries('command').map(({ command }) => command.type)).toEqual([
      'halt',
      'resume',
    ]);
    await service.restart();
    expect(service.control.risk().level).toBe('active');
  });

  it('adopts on its first run what the account holds already', async () => {
    const service = new VirtualService();
    await service.clock.advance(2_000);
    buyByHand(service);
    await service.clock.advance(3_000);
    await service.start();
    expect(service.entries('position.opening')).toHaveLength(1);
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
    expect(service.position('BTC-USD')).toBeGreaterThan(0n);
    expect(service.entries('fill')).toHaveLength(0);
    // It is nobody's: what would close it could not be left again.
    await service.until(() => service.control.state().strategies[0]?.state === 'scouting');
    service.decide('BTC-USD', 'sell');
    await service.clock.advance(1_000);
    const [denial] = service.control.risk().denials;
    expect(denial).toMatchObject({ code: 'position.foreign' });
    expect(service.sends).toBe(0);
  });
});

it('a drain before the first comparison waits for no order of an earlier run', async () => {
  const service = new VirtualService();
  await service.ready();
  service.decide('BTC-USD', 'buy');
  await service.clock.advance(3);
  service.renew();
  service.refusedPath = /abci_query|\/fills/;
  service.root.start();
  await service.until(() => service.root.core.orders.live().length === 1, 5_000);
  service.root.hub.service$.next({ type: 'service.drain' });
  await service.until(() => service.root.state === 'stopped', 5_000);
});

describe('a restart with another strategy', () => {
  const flags = { strategies: [{ name: 'meanReversion' }] };

  it('says which position nobody watches any more', async () => {
    const service = new VirtualService();
    await service.ready();
    service.decide('ETH-USD', 'sell');
    await service.until(() => service.position('ETH-USD') < 0n);
    await service.restart(flags);
    await service.until(() => service.control.isReady().ready);
    const said = service.log.filter(({ event }) => event === 'position.unattended');
    expect(said).toMatchObject([
      { level: 'error', fields: { strategy: 'sniper', market: 'ETH-USD' } },
    ]);
    expect(service.position('ETH-USD')).toBe(service.venuePosition('ETH-USD'));
  });

  it('cancels what the former one left resting', async () => {
    const { service } = quoting();
    await service.ready();
    await service.until(() => resting(service).length === 2);
    await service.restart(flags);
    await service.until(() => resting(service).length === 0, 3_000);
    expect(service.entries('cancel.intent')).toHaveLength(2);
    await service.until(() => service.root.core.orders.live().length === 0, 60_000);
  });

  it('sees the orders of the former one to their ends', async () => {
    const service = new VirtualService();
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(3);
    expect(service.entries('order.intent')).toHaveLength(1);
    await service.restart(flags);
    await service.until(() => service.control.isReady().ready);
    await service.until(() => service.root.core.orders.live().length === 0, 60_000);
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
  });
});

it('a journaled fill in a market that is not listed any more halts with words, and starts', async () => {
  const service = new VirtualService();
  await service.ready();
  service.decide('BTC-USD', 'buy');
  await service.until(() => service.position('BTC-USD') > 0n);
  const row = service.rows.find(({ entry }) => entry.type === 'fill');
  if (row?.entry.type !== 'fill') throw new Error('no fill');
  const fill = {
    ...row.entry.fill,
    fillId: fillId('78086eda-77ea-5c7f-b7e3-000000000000'),
    market: marketId('GONE-USD'),
  };
  service.rows.push({ ...row, sequence: service.rows.length + 1, entry: { ...row.entry, fill } });
  await service.restart();
  await service.until(() => service.control.risk().level === 'halted');
  expect(service.control.risk().breaches).toMatchObject([
    { cause: 'order.unexplained', latched: true },
  ]);
  expect(service.control.risk().breaches[0]?.evidence).toContain('GONE-USD could not be booked');
  expect(service.root.state).toBe('trading');
});
