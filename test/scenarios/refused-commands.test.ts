/** What an operator is told of a command: done only when it is, and else why it is not. */
import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/model/command.js';
import { marketId } from '../../src/model/quantities.js';
import { buyByHand } from '../support/by-hand.js';
import { ask } from '../support/ask-operator.js';
import { quoting, resting } from '../support/quoting-service.js';
import { hit, holding, rest, stateOf } from '../support/signed-trading.js';
import { VirtualService } from '../support/virtual-service.js';

const BTC = marketId('BTC-USD');
const flatten: Command = { type: 'flatten', by: 'ada', reason: 'news', market: BTC };
const patient = { strategies: [{ minConfidence: 1, maxHoldSeconds: 600 }] };

/** What the journal says of the newest command. */
const noted = (service: VirtualService): unknown => service.entries('command').at(-1)?.accepted;

/** The account holds a step of the first market before the service is started. */
async function endowed(service: VirtualService): Promise<void> {
  await service.clock.advance(2_000);
  buyByHand(service);
  await service.clock.advance(3_000);
}

describe('an operator without a name', () => {
  const commands: readonly Command[] = [
    { type: 'halt', by: '', reason: 'x' },
    { type: 'resume', by: '', reason: 'x' },
    { type: 'flatten', by: '', reason: 'x', market: undefined },
    { type: 'flatten', by: '', reason: 'x', market: BTC },
    { type: 'engine.restore', by: '', reason: 'x' },
    { type: 'pause', by: '', reason: 'x', strategy: 'sniper' },
    { type: 'unpause', by: '', reason: 'x', strategy: 'sniper' },
  ];

  it.each(['', ' ', '\t', '\u00a0\u2003\ufeff\n'])(
    'is refused every command when it is called %j',
    async (by) => {
      const service = new VirtualService();
      await service.ready();
      for (const command of commands) {
        const answer = await ask(service, { ...command, by });
        expect(answer).toMatchObject({ accepted: false, code: 'operator.unnamed' });
        expect(noted(service)).toBe(false);
      }
      expect(service.control.risk().level).toBe('active');
      expect(service.control.state().strategies).toEqual([{ name: 'sniper', state: 'scouting' }]);
    },
  );

  it('is none as soon as one character of it is not blank', async () => {
    const service = new VirtualService();
    await service.ready();
    const answer = await ask(service, { type: 'halt', by: ' a ', reason: 'x' });
    expect(answer).toEqual({ accepted: true, message: 'risk is halted' });
  });
});

describe('before the first comparison with the venue', () => {
  const commands: readonly Command[] = [
    flatten,
    { type: 'pause', by: 'ada', reason: 'x', strategy: 'sniper' },
    { type: 'unpause', by: 'ada', reason: 'x', strategy: 'sniper' },
  ];

  it.each(['connecting', 'reconciling'])(
    'a command to a strategy is refused while the service is %s',
    async (state) => {
      const service = new VirtualService();
      await service.start(state);
      for (const command of commands) {
        expect(await ask(service, command)).toEqual({
          accepted: false,
          code: 'strategy.not-started',
          message: `sniper does not run: the service is ${state}`,
        });
        expect(noted(service)).toBe(false);
      }
      const stranger: Command = { type: 'pause', by: 'ada', reason: 'x', strategy: 'nobody' };
      expect(await ask(service, stranger)).toMatchObject({ code: 'strategy.unknown' });
      await service.until(() => service.root.state === 'trading');
    },
  );
});

describe('flattening one market', () => {
  it('is refused where nothing is held, ordered or entered', async () => {
    const service = new VirtualService();
    await service.ready();
    expect(await ask(service, flatten)).toEqual({
      accepted: false,
      code: 'position.none',
      message: 'sniper holds nothing in BTC-USD, has no order there and is not entering',
    });
    expect(noted(service)).toBe(false);
  });

  it('is refused where only adopted size is held, and says how much', async () => {
    const service = new VirtualService();
    await endowed(service);
    await service.ready();
    const [held] = service.control.positions();
    expect(held).toMatchObject({ market: 'BTC-USD', strategy: null });
    expect(await ask(service, flatten)).toEqual({
      accepted: false,
      code: 'position.foreign',
      message: `BTC-USD: the account holds ${held?.size} of no strategy; flatten leaves none of that`,
    });
  });

  it('is refused where a former strategy holds, and names it', async () => {
    const service = new VirtualService();
    await service.ready();
    service.decide('BTC-USD', 'sell');
    await service.until(() => service.position('BTC-USD') < 0n);
    await service.restart({ strategies: [{ name: 'meanReversion' }] });
    const answer = await ask(service, flatten);
    expect(answer).toMatchObject({ accepted: false, code: 'position.foreign' });
    expect(answer.message).toContain('of sniper, which is not configured');
  });

  it('leaves what the strategy holds beside adopted size, and says what stays', async () => {
    const service = new VirtualService({ flags: patient });
    await endowed(service);
    await service.ready();
    const adopted = service.position('BTC-USD');
    const [held] = service.control.positions();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > adopted);
    expect(await ask(service, flatten)).toEqual({
      accepted: true,
      message: `BTC-USD is being left; ${held?.size} of no strategy stays; risk is active`,
    });
    await service.until(() => service.position('BTC-USD') === adopted);
  });

  it('leaves a position that is still being entered', async () => {
    const service = new VirtualService({ flags: patient });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    expect(await ask(service, flatten)).toMatchObject({ accepted: true });
    expect(service.position('BTC-USD')).toBe(0n);
    await service.until(() => service.position('BTC-USD') > 0n);
    await service.until(() => service.position('BTC-USD') === 0n, 10_000);
  });

  it('leaves what an ended entry has filled before the books show it', async () => {
    const service = new VirtualService({ flags: patient });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    const { core, world } = service.root;
    const [entry] = core.orders.live().map(({ request }) => request);
    if (entry === undefined) throw new Error('nothing was ordered');
    const { orderId, intentId, market, size: filled } = entry;
    const end = { end: 'filled', filled, reason: undefined } as const;
    world.inbox.enter('fact', 'test', () =>
      core.report('sniper', { type: 'order.ended', orderId, intentId, market, ...end }),
    );
    expect([core.orders.live(), service.position('BTC-USD')]).toEqual([[], 0n]);
    expect(await ask(service, flatten)).toMatchObject({ accepted: true });
    await service.until(() => service.position('BTC-USD') > 0n);
    await service.until(() => service.position('BTC-USD') === 0n, 10_000);
  });

  it('pulls quotes that rest there, though nothing is held', async () => {
    const { service } = quoting();
    await service.ready();
    await service.until(() => resting(service).length === 2);
    const [market = BTC] = service.root.core.orders.live().map(({ request }) => request.market);
    const before = new Set(resting(service).map(({ id }) => id.clientId));
    expect(await ask(service, { ...flatten, market })).toMatchObject({ accepted: true });
    const left = (): number[] => resting(service).map(({ id }) => id.clientId);
    await service.until(() => left().every((id) => !before.has(id)), 2_000);
    expect(service.entries('cancel.intent')).toHaveLength(2);
  });

  it('leaves what a pulled order fills before its cancel', async () => {
    const { service } = await holding();
    const order = rest(service, undefined, { ofBid: 1.00001 });
    await service.until(() => stateOf(service, order)?.startsWith('working') ?? false);
    const command = (): void => void service.control.command(flatten).subscribe();
    await hit(service, order, order.size * 1_000n, command);
    await service.until(() => service.position('BTC-USD') > 0n);
    await service.until(() => service.position('BTC-USD') === 0n, 5_000);
  });

  it('does not leave what another order fills while the cancel is not proved', async () => {
    const { service } = await holding();
    const pulled = rest(service);
    await service.until(() => stateOf(service, pulled)?.startsWith('working') ?? false);
    expect(await ask(service, flatten)).toMatchObject({ accepted: true });
    rest(service, undefined, { ofBid: 1.01 });
    await service.until(() => service.position('BTC-USD') > 0n, 2_000);
    expect(service.root.core.orders.get(pulled.orderId)?.live).toBe(true);
    await service.clock.advance(3_000);
    expect(service.position('BTC-USD')).toBeGreaterThan(0n);
  });
});
