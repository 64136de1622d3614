/** Faults of the chain and of the indexer behind it, each in virtual time. */
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../../src/clock/simulated.clock.js';
import { seededRandom } from '../../../src/clock/seeded-random.js';
import type { ExchangeInput } from '../../../src/simulator/exchange-types.js';
import { ExchangeHost } from '../../../src/simulator/exchange-host.venue.js';
import { readFaultPlan } from '../../../src/simulator/faults/fault-plan.js';
import { FakeExchange } from '../../support/fake-exchange.js';
import { OPENED } from '../../support/venue-story.js';
import { FaultyExchange } from './faulty-exchange.js';

const MINUTE = 60_000;

async function blocksOf(faults: object, ms = MINUTE): Promise<number> {
  const exchange = new FaultyExchange(faults);
  await exchange.clock.advance(ms);
  return exchange.host.exchange.height - 1000;
}

/** A host whose exchange only records: what goes in, and nothing else. */
async function inputsOf(faults: object, ms: number, work?: (host: ExchangeHost) => void) {
  const exchange = new FakeExchange();
  const clock = new SimulatedClock(exchange.timeMs);
  const reading = readFaultPlan(faults);
  const plan = reading.ok ? reading.plan : undefined;
  const host = new ExchangeHost({ exchange, clock, random: seededRandom(1), faults: plan });
  host.start();
  work?.(host);
  await clock.advance(ms);
  host.stop();
  const chosen = (types: readonly ExchangeInput['type'][]) =>
    exchange.inputs.filter(({ type }) => types.includes(type));
  return { exchange, clock, host, chosen };
}

describe('blocks', () => {
  it('are slow by the factor', async () => {
    const usual = await blocksOf({});
    expect(usual / (await blocksOf({ 'chain.slowFactor': 4 }))).toBeCloseTo(4, 0);
  });

  it('halt for a time and go on', async () => {
    const exchange = new FaultyExchange();
    await exchange.clock.advance(MINUTE);
    const before = exchange.host.exchange.height;
    exchange.host.chainFaults.halt(30_000);
    await exchange.clock.advance(29_999);
    expect(exchange.host.exchange.height).toBe(before);
    await exchange.clock.advance(2000);
    expect(exchange.host.exchange.height).toBeGreaterThan(before);
    exchange.host.chainFaults.halt(MINUTE);
    exchange.host.chainFaults.resume();
    await exchange.clock.advance(1000);
    expect(exchange.host.exchange.height).toBeGreaterThan(before + 3);
  });

  it('halt at random times', async () => {
    const faults = { 'chain.haltEveryMs': 60_000, 'chain.haltForMs': 30_000 };
    expect(await blocksOf(faults, 20 * MINUTE)).toBeLessThan(
      0.9 * (await blocksOf({}, 20 * MINUTE)),
    );
  });

  it.each([[-3_600_000], [5000]])('carry a time that is %i ms off', async (skew) => {
    const exchange = new FaultyExchange();
    exchange.change({ 'chain.clockSkewMs': skew });
    await exchange.clock.advance(MINUTE);
    const off = exchange.host.exchange.timeMs - exchange.clock.now();
    // A chain's time never goes back: a slow clock shows as a time that stands still.
    expect(off).toBeGreaterThan(Math.max(skew, -MINUTE) - 2000);
    expect(off).toBeLessThan(Math.max(skew, -MINUTE) + 2000);
  });
});

describe('faults of the exchange itself', () => {
  it('come ahead of the orders and cancels that they are about', async () => {
    const faults = { 'chain.lateCancels': 1, 'chain.missedMatches': 1 };
    const { exchange } = await inputsOf(faults, 0, (host) => {
      host.submit({ type: 'place', order: OPENED });
      const { id, goodTilBlock } = OPENED;
      host.submit({ type: 'cancel', cancel: { id, goodTilBlock, goodTilBlockTime: 0 } });
      const longTerm = { ...OPENED, id: { ...OPENED.id, orderFlags: 64 } };
      host.submit({ type: 'place', order: longTerm });
    });
    expect(exchange.inputs.map(({ type }) => type)).toEqual([
      'missedMatches',
      'place',
      'lateCancels',
      'cancel',
      'place',
    ]);
  });

  it('let oracle prices jump up and down by their size', async () => {
    const faults = { 'oracle.jumpEveryMs': 1000, 'oracle.jumpPpm': 200_000 };
    const { chosen, host } = await inputsOf(faults, MINUTE);
    const jumps = chosen(['oracleJump']);
    expect(jumps.length).toBeGreaterThan(30);
    expect(host.dice.struck).toEqual({ 'oracle.jump': jumps.length });
    const seen = new Set(jumps.map((input) => JSON.stringify(input)));
    expect([...seen].sort()).toEqual([
      '{"type":"oracleJump","clobPairId":0,"ratioPpm":1200000}',
      '{"type":"oracleJump","clobPairId":0,"ratioPpm":800000}',
      '{"type":"oracleJump","clobPairId":1,"ratioPpm":1200000}',
      '{"type":"oracleJump","clobPairId":1,"ratioPpm":800000}',
    ]);
  });

  it('suspend a market and bring it back', async () => {
    const faults = { 'market.suspendEveryMs': 10_000, 'market.suspendForMs': 3000 };
    const { chosen, clock } = await inputsOf(faults, MINUTE);
    await clock.advance(3000);
    const states = new Map<number, string>();
    for (const input of chosen(['market'])) {
      if (input.type !== 'market') continue;
      const { clobPairId, change } = input;
      expect(states.get(clobPairId) ?? 'ACTIVE').not.toBe(change.status);
      states.set(clobPairId, change.status ?? '');
    }
    expect(new Set(states.values())).toEqual(new Set(['ACTIVE']));
  });
});

describe('an indexer that lags', () => {
  const heightOf = async (exchange: FaultyExchange): Promise<number> => {
    const { answer } = await exchange.send('GET', '/v4/height');
    return Number((JSON.parse((answer as { body: string }).body) as { height: string }).height);
  };
  const nodeHeight = async (exchange: FaultyExchange): Promise<number> => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"status","params":{}}';
    const { answer } = await exchange.send('POST', '/', body);
    return Number(/"latest_block_height":"(\d+)"/.exec((answer as { body: string }).body)?.[1]);
  };

  it('stands until it is so many blocks behind, follows, and catches up', async () => {
    const exchange = new FaultyExchange({}, { isCopied: true });
    const { heights } = exchange.open();
    await exchange.clock.advance(10_000);
    const atStart = exchange.host.exchange.height;
    expect(heights().at(-1)).toBe(atStart);
    exchange.change({ 'indexer.lagBlocks': 10 });
    await exchange.clock.advance(5000);
    expect(heights().at(-1)).toBe(atStart);
    await exchange.clock.advance(20_000);
    expect(heights().at(-1)).toBe(exchange.host.exchange.height - 10);
    const asked = exchange.host.exchange.height;
    expect(await heightOf(exchange)).toBe(asked - 10);
    expect(await nodeHeight(exchange)).toBeGreaterThan(asked);
    exchange.change({ 'indexer.lagBlocks': 0 });
    await exchange.clock.advance(0);
    expect(heights().at(-1)).toBe(exchange.host.exchange.height);
    expect(heights()).toHaveLength(exchange.host.exchange.height - 1000);
  });

  it('tells fills as late as blocks, by REST and by socket', async () => {
    const exchange = new FaultyExchange(
      { 'indexer.lagBlocks': 20 },
      { isCopied: true, hasTraders: true },
    );
    const { socket, frames } = exchange.open();
    const id = `${exchange.wallet.address}/0`;
    await exchange.clock.advance(20_000);
    socket.send(JSON.stringify({ type: 'subscribe', channel: 'v4_subaccounts', id }));
    await exchange.buy();
    expect(exchange.position()).toBe(10_000_000n);
    const path = `/v4/fills?address=${exchange.wallet.address}&subaccountNumber=0`;
    const fills = async () => {
      const { answer } = await exchange.send('GET', path);
      return (JSON.parse((answer as { body: string }).body) as { fills: unknown[] }).fills;
    };
    const updates = () =>
      frames().filter(
        ({ channel, type }) => channel === 'v4_subaccounts' && type === 'channel_data',
      );
    expect(await fills()).toEqual([]);
    expect(updates()).toEqual([]);
    await exchange.clock.advance(20_000);
    expect(await fills()).toHaveLength(1);
    expect(JSON.stringify(updates())).toContain('"fills":[{');
  });

  it('ends as the same exchange as the chain', async () => {
    const exchange = new FaultyExchange(
      { 'indexer.lagBlocks': 5 },
      { isCopied: true, hasTraders: true },
    );
    const plain = new FaultyExchange({}, { hasTraders: true });
    await exchange.clock.advance(10_000);
    await plain.clock.advance(10_000);
    expect(exchange.host.exchange.hash()).toBe(plain.host.exchange.hash());
  });

  it('needs a copy of its own', () => {
    expect(() => new FaultyExchange({ 'indexer.lagBlocks': 1 })).toThrow(
      'indexer.lagBlocks: expected 0: this indexer has no copy of the exchange to lag behind with, was 1',
    );
    const other = new FakeExchange();
    other.inputs.push({ type: 'flow', timeMs: 0 });
    const exchange = new FakeExchange();
    const clock = new SimulatedClock(exchange.timeMs);
    const options = { exchange, clock, random: seededRandom(1), indexerCopy: other };
    expect(() => new ExchangeHost(options)).toThrow('made with the same options');
  });
});
