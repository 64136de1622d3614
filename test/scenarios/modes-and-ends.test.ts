/** Modes of trading, and how a service ends: drained, unreachable, paused, flattened. */
import { describe, expect, it } from 'vitest';
import type { CommandOutcome } from '../../src/model/command.js';
import { ask } from '../support/ask-operator.js';
import { hit, holding, rest, settled, stateOf } from '../support/signed-trading.js';
import { VirtualService } from '../support/virtual-service.js';

const drain = (service: VirtualService): void =>
  service.root.world.inbox.enter('fact', 'test', () =>
    service.root.hub.service$.next({ type: 'service.drain' }),
  );

describe('a mode', () => {
  it('paper fills against the live book and sends nothing to the exchange', async () => {
    const service = new VirtualService({ flags: { mode: 'paper' } });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
    await service.until(() => service.position('BTC-USD') === 0n, 20_000);
    expect(service.sends).toBe(0);
    expect(service.venueUsdc()).toBe(10_000_000_000n);
    expect(service.root.core.usdc()).toBeLessThan(10_000_000_000n);
  });

  it('shadow decides, says why nothing may leave, and sends nothing', async () => {
    const service = new VirtualService({ flags: { mode: 'shadow' } });
    await service.start();
    await service.clock.advance(5_000);
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(5_000);
    expect(service.sends).toBe(0);
    expect(service.control.state().permission.reasons).toEqual(['the mode is shadow']);
    const entry = { market: 'BTC-USD', code: 'permission.closed', message: 'the mode is shadow' };
    expect(service.logged('order.denied')).toEqual([{ ...entry, purpose: 'entry' }]);
    expect(service.control.risk().denials).toMatchObject([{ message: entry.message }]);
    expect(service.control.isReady().ready).toBe(true);
    expect(service.control.decisions()).not.toHaveLength(0);
  });
});

describe('draining', () => {
  it('waits for orders in flight, books their fills, and stops', async () => {
    const service = new VirtualService();
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(10);
    drain(service);
    await service.clock.advance(20);
    expect(service.root.state).toBe('draining');
    await service.until(() => service.root.state === 'stopped', 30_000);
    expect(service.root.core.orders.live()).toEqual([]);
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
    await service.root.close();
  });

  it('stops at once when nothing was begun', async () => {
    const service = new VirtualService();
    service.isRestDown = true;
    service.root.start();
    await service.clock.advance(15_000);
    expect(service.root.state).toBe('connecting');
    const said = service.logged('venue.unreachable');
    expect(said.length).toBeGreaterThan(3);
    expect(said[0]?.['reason']).toContain('connection refused');
    drain(service);
    await service.until(() => service.root.state === 'stopped');
  });

  it('goes on connecting when the venue comes back', async () => {
    const service = new VirtualService();
    service.isRestDown = true;
    service.root.start();
    await service.clock.advance(5_000);
    service.isRestDown = false;
    await service.until(() => service.root.state === 'trading');
  });
});

describe('an operator', () => {
  it('flattens everything: halted, and every position is left', async () => {
    const service = new VirtualService({
      flags: { strategies: [{ minConfidence: 1, maxHoldSeconds: 600 }] },
    });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
    expect(
      await ask(service, { type: 'flatten', by: 'ada', reason: 'x', market: undefined }),
    ).toMatchObject({
      accepted: true,
    });
    await service.until(() => service.position('BTC-USD') === 0n);
    expect(service.control.risk().level).toBe('halted');
  });

  it('who flattened is obeyed after a crash as well', async () => {
    const service = new VirtualService({
      flags: { strategies: [{ minConfidence: 1, maxHoldSeconds: 600 }] },
    });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
    service.sendFault = 'request-lost';
    await ask(service, { type: 'flatten', by: 'ada', reason: 'x', market: undefined });
    service.sendFault = 'none';
    await service.restart();
    expect(service.position('BTC-USD')).toBeGreaterThan(0n);
    await service.until(() => service.position('BTC-USD') === 0n);
    expect(service.control.risk()).toMatchObject({
      level: 'halted',
      breaches: [{ cause: 'operator', evidence: 'ada: flatten, x' }],
    });
  });

  it('who flattened has positions left that come about later', async () => {
    const { service } = await holding();
    const order = rest(service, undefined, { ofBid: 1.00001 });
    await service.until(() => stateOf(service, order)?.startsWith('working') ?? false);
    await ask(service, { type: 'flatten', by: 'ada', reason: 'x', market: undefined });
    await hit(service, order, order.size * 1_000n);
    await service.until(() => service.position('BTC-USD') > 0n);
    await service.until(() => service.position('BTC-USD') === 0n, 5_000);
    await settled(service);
  });

  it('flattens one market and leaves the other', async () => {
    const service = new VirtualService({
      seed: 3,
      flags: { strategies: [{ minConfidence: 1, maxHoldSeconds: 600 }] },
    });
    await service.ready();
    service.decide('BTC-USD', 'sell');
    service.decide('ETH-USD', 'buy');
    await service.until(() => service.position('BTC-USD') < 0n && service.position('ETH-USD') > 0n);
    await ask(service, { type: 'flatten', by: 'ada', reason: 'x', market: 'ETH-USD' as never });
    await service.until(() => service.position('ETH-USD') === 0n);
    expect(service.position('BTC-USD')).toBeLessThan(0n);
    expect(service.control.risk().level).toBe('active');
  });

  it('pauses a strategy and lets it go on', async () => {
    const service = new VirtualService();
    await service.ready();
    await ask(service, { type: 'pause', by: 'ada', reason: 'x', strategy: 'sniper' });
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(1_000);
    expect(service.sends).toBe(0);
    await ask(service, { type: 'unpause', by: 'ada', reason: 'x', strategy: 'sniper' });
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.sends === 1);
  });

  it('a paused strategy is still paused after restarts, until it is unpaused', async () => {
    const service = new VirtualService();
    await service.ready();
    const words = await ask(service, {
      type: 'pause',
      by: 'ada',
      reason: 'quiet hours',
      strategy: 'sniper',
    });
    expect(words).toEqual({ accepted: true, message: 'sniper is paused; risk is active' });
    for (const run of [2, 3]) {
      await service.restart();
      expect(service.logged('recovered').at(-1)).toMatchObject({ epoch: run, paused: ['sniper'] });
      expect(service.control.state().strategies).toEqual([{ name: 'sniper', state: 'paused' }]);
    }
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(1_000);
    expect(service.sends).toBe(0);
    await ask(service, { type: 'unpause', by: 'ada', reason: 'morning', strategy: 'sniper' });
    await service.until(() => service.control.state().strategies[0]?.state === 'scouting');
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.sends === 1);
    await service.restart();
    expect(service.logged('recovered').at(-1)).toMatchObject({ paused: [] });
  });

  it('is answered when the latch is on the disk, and not before', async () => {
    const service = new VirtualService();
    await service.ready();
    const answers: CommandOutcome[] = [];
    const halt = { type: 'halt', by: 'ada', reason: 'a drill' } as const;
    service.control.command(halt).subscribe((answer) => answers.push(answer));
    expect(service.control.risk().level).toBe('halted');
    expect(answers).toEqual([]);
    await service.clock.advance(1);
    expect(answers).toEqual([{ accepted: true, message: 'risk is halted' }]);
    expect(service.rows.slice(-3).map(({ entry }) => entry.type)).toEqual([
      'risk.latched',
      'risk.level',
      'command',
    ]);
  });

  it('is obeyed when the journal fails, and told that a restart will not know of it', async () => {
    const service = new VirtualService();
    await service.ready();
    service.isJournalBroken = true;
    const answer = await ask(service, { type: 'halt', by: 'ada', reason: 'a drill' });
    expect(answer).toEqual({
      accepted: true,
      message: 'risk is halted, but not on the disk: no space left',
    });
    expect(service.control.risk().level).toBe('halted');
  });

  it.each([
    [{ type: 'resume', by: 'ada', reason: 'x' }, 'risk.nothing-latched'],
    [{ type: 'flatten', by: 'ada', reason: 'x', market: 'NONE-USD' as never }, 'market.unknown'],
    [{ type: 'pause', by: 'ada', reason: 'x', strategy: 'nobody' }, 'strategy.unknown'],
  ] as const)('is told why %j is not accepted', async (command, code) => {
    const service = new VirtualService();
    await service.ready();
    expect(await ask(service, command)).toMatchObject({ accepted: false, code });
  });
});
