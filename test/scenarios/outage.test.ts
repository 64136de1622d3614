/** REST or the journal is away: each road that fails says so, and nothing else stops for it. */
import { describe, expect, it } from 'vitest';
import { blockHeight } from '../../src/model/quantities.js';
import { VirtualService } from '../support/virtual-service.js';

describe('while REST is down', () => {
  it('sweeps fail in the log and are made up for, and a fill from the socket is booked', async () => {
    const service = new VirtualService();
    await service.ready();
    service.isRestDown = true;
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
    await service.clock.advance(16_000);
    expect(service.logged('sweep.failed').length).toBeGreaterThan(0);
    expect(service.root.state).toBe('trading');
    service.isRestDown = false;
    await service.until(() => service.position('BTC-USD') === 0n);
    await service.clock.advance(16_000);
    expect(service.venuePosition('BTC-USD')).toBe(0n);
    expect(service.root.core.usdc()).toBe(service.venueUsdc());
  });

  it('draining ends without the last sweep', async () => {
    const service = new VirtualService();
    await service.ready();
    service.isRestDown = true;
    service.root.hub.service$.next({ type: 'service.drain' });
    await service.until(() => service.root.state === 'stopped', 5_000);
  });

  it.each([
    ['candles', 'backfill.failed'],
    ['orderbooks', 'reread.failed'],
  ])('%s refused: %s, and trading begins all the same', async (path, event) => {
    const service = new VirtualService();
    service.refusedPath = new RegExp(path);
    await service.start();
    await service.clock.advance(2_000);
    expect(service.logged(event).map(({ market }) => market)).toEqual(['BTC-USD', 'ETH-USD']);
    expect(service.root.state).toBe('trading');
  });
});

it('a socket that comes back while the account is being compared has it compared again', async () => {
  const service = new VirtualService();
  await service.ready();
  service.refusedPath = /\/fills/;
  for (let cut = 0; cut < 2; cut += 1) {
    service.cutSockets();
    await service.until(() => !service.root.accountLive());
    await service.until(() => service.root.accountLive());
    expect(service.root.state).toBe('reconciling');
    expect(service.root.steps.isReconciled).toBe(false);
  }
  const states = service.logged('service.state').map(({ state }) => state);
  expect(states.slice(-3)).toEqual(['trading', 'reconciling', 'reconciling']);
  service.refusedPath = undefined;
  await service.until(() => service.root.state === 'trading');
});

it('a journal that cannot be opened faults the start with its reason', async () => {
  const service = new VirtualService();
  service.isJournalLost = true;
  await service.start('faulted');
  expect(service.logged('service.faulted')).toEqual([
    { reason: 'journal.locked: another holds it' },
  ]);
});

describe('after a restart', () => {
  it('an order of which nothing is known is fenced by a cancel and over once its height is swept', async () => {
    const service = new VirtualService();
    await service.ready();
    service.sendFault = 'request-lost';
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(50);
    service.sendFault = 'none';
    // One that lives for longer than the account takes to be compared.
    const [sent] = service.entries('order.intent');
    if (sent === undefined) throw new Error('no order');
    const { request } = sent;
    const longer = { ...request, goodTilBlock: blockHeight(request.goodTilBlock + 12) };
    const intent = service.rows.findIndex(({ entry }) => entry === sent);
    const row = service.rows[intent];
    if (row !== undefined) service.rows[intent] = { ...row, entry: { ...sent, request: longer } };
    await service.restart();
    await service.until(() => service.control.orders()[0]?.state === 'cancelUnconfirmed');
    expect(Number(service.control.risk().exposureUsd)).toBeGreaterThan(400);
    await service.until(() => service.root.core.orders.live().length === 0, 30_000);
    await service.clock.advance(5);
    expect(service.entries('cancel.intent').length).toBeGreaterThan(0);
    expect(service.entries('order.end')).toMatchObject([{ end: 'canceled', filled: 0n }]);
    expect(service.sends).toBe(0);
  });

  it('a difference that stays halts with a latch, and the balance is not believed', async () => {
    const service = new VirtualService();
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.entries('fill').length > 0);
    service.kill();
    const forged = service.rows.findIndex(({ entry }) => entry.type === 'fill');
    const row = service.rows[forged];
    if (row?.entry.type !== 'fill') throw new Error('no fill');
    const fill = { ...row.entry.fill, fillId: '00000000-0000-5000-8000-000000000000' as never };
    service.rows.splice(forged, 0, { ...row, entry: { ...row.entry, fill } });
    await service.restart();
    expect(service.control.risk()).toMatchObject({
      level: 'halted',
      breaches: [{ cause: 'position.drift', latched: true }],
    });
    expect(service.root.core.usdc()).toBeUndefined();
    expect(service.control.isReady().ready).toBe(false);
  });
});

it('a service whose journal cannot be closed closes its world all the same', async () => {
  const { root } = new VirtualService();
  const closed: string[] = [];
  Object.assign(root.journal, { close: () => Promise.reject(new Error('no room')) });
  Object.assign(root.world, {
    close: () => {
      closed.push('world');
      return Promise.resolve();
    },
  });
  await expect(root.close()).rejects.toThrow('no room');
  expect(closed).toEqual(['world']);
});
