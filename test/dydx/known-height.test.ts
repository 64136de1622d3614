/** The height that the signing thread knows: how old it is, and which node is asked for it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { KnownHeight } from '../../src/dydx/known-height.js';
import { refusal } from '../../src/dydx/signer-limits.js';
import type { SignerLimits } from '../../src/dydx/signer-messages.js';
import { usd } from '../../src/model/quantities.js';
import { closingOrder } from './samples.js';

const POLL_MS = 2_000;
const BLOCK_MS = 650;
const H = 1_000;
const limits: SignerLimits = {
  markets: ['BTC-USD'],
  subaccountNumbers: [0],
  orderNotionalMax: usd(0n),
  goodTilBlocksMax: 20,
  goodTilSecondsMax: 0,
};

let now: number;
/** What each node tells at this time; an error is thrown. */
let tells: (number | Error | (() => number))[];
let asked: number[];

beforeEach(() => {
  now = 0;
  asked = [];
});

async function read(node: number): Promise<number> {
  asked.push(node);
  await Promise.resolve();
  const told = tells[node] ?? new Error('no such node');
  if (told instanceof Error) throw told;
  return typeof told === 'number' ? told : told();
}

/** The first node has told what it knows at time 0. */
async function started(...nodes: typeof tells): Promise<KnownHeight> {
  tells = nodes;
  const known = new KnownHeight({ nodes: nodes.length, read, now: () => now });
  await known.ask(0);
  asked = [];
  return known;
}

async function poll(known: KnownHeight, times = 1): Promise<readonly number[]> {
  asked = [];
  for (let time = 0; time < times; time += 1) {
    now += POLL_MS;
    await known.poll();
  }
  return asked;
}

/** Of the whole chain, which the thread may know or not. */
const chain = (): number => H + Math.floor(now / BLOCK_MS);
const refusalOf = ({ height, heightAt }: KnownHeight, goodTilBlock: number): string | undefined => {
  const markets = new Map([[0, { ticker: 'BTC-USD', notionalExponent: -9 }]]);
  const message = { ...closingOrder, goodTilBlock };
  return refusal(message, limits, { now, height, heightAt, markets, nonce: now });
};

describe('the known height', () => {
  it('is none before a node has told it, and lets no order go', () => {
    const known = new KnownHeight({ nodes: 1, read, now: () => now });
    expect([known.height, known.heightAt]).toEqual([NaN, NaN]);
    expect(refusalOf(known, H)).toContain('expected a good-til-block ≤ NaN');
  });

  it('grows older while its node tells the same, so that the chain may have grown since', async () => {
    const known = await started(H);
    expect(refusalOf(known, H + 21)).toBe(`expected a good-til-block ≤ ${H + 20}, was ${H + 21}`);
    await poll(known, 2);
    expect([known.height, known.heightAt]).toEqual([H, 0]);
    expect(refusalOf(known, H + 30)).toBeUndefined();
    expect(refusalOf(known, H + 31)).toBe(`expected a good-til-block ≤ ${H + 30}, was ${H + 31}`);
  });

  it('is of the time when a larger one was told, and never falls', async () => {
    const known = await started(H);
    tells = [H + 2];
    await poll(known);
    expect([known.height, known.heightAt]).toEqual([H + 2, POLL_MS]);
    tells = [H + 1];
    await poll(known);
    expect([known.height, known.heightAt]).toEqual([H + 2, POLL_MS]);
  });

  it.each([NaN, Infinity, 1.5])('is not taken from a node that tells %s', async (odd) => {
    const known = await started(H);
    tells = [odd];
    await expect(known.ask(0)).rejects.toThrow('a node told no height');
    expect(known.height).toBe(H);
  });

  it('is asked for once by all who want to know it at the same time', async () => {
    const known = await started(H, H + 9);
    await Promise.all([known.ask(1), known.ask(1), known.ask(0)]);
    expect(asked).toEqual([1, 0]);
    expect(known.height).toBe(H + 9);
    await known.ask(1);
    expect(asked).toEqual([1, 0, 1]);
  });
});

describe('the node that is asked for the height', () => {
  it('stays the same while the height grows', async () => {
    const known = await started(chain, chain);
    expect(await poll(known, 10)).toEqual(Array.from({ length: 10 }, () => 0));
  });

  it('is left at once when it fails', async () => {
    const known = await started(H, chain);
    tells[0] = new Error('refused');
    expect(await poll(known, 3)).toEqual([0, 1, 1]);
    expect(known.height).toBe(chain());
  });

  it('is left when the height stands still, for each of the others until one tells more', async () => {
    const known = await started(H, H, H - 5, chain);
    expect(await poll(known, 7)).toEqual([0, 0, 0, 1, 2, 3, 3]);
    expect(known.node).toBe(3);
  });

  it('is not returned to for what it answers otherwise, while the height stands still', async () => {
    const known = await started(H, chain);
    await poll(known, 3);
    known.turnTo(0);
    expect(await poll(known)).toEqual([1]);
    known.turnTo(0);
    expect(known.node).toBe(0);
  });

  it('is the one that has told more when it was asked besides', async () => {
    const known = await started(() => chain() - 100, chain);
    now += 60_000;
    await known.ask(1);
    expect(await poll(known)).toEqual([1]);
  });

  it('stays the one that was turned to while another failed', async () => {
    const known = await started(H, chain, chain);
    tells[0] = new Error('refused');
    const polled = known.poll();
    known.turnTo(2);
    await polled;
    expect(known.node).toBe(2);
  });
});

it('lets every exit go while a node stands still, and nothing that no block can have reached', async () => {
  const known = await started(() => Math.min(chain(), H + 5), chain);
  for (let time = 0; time < 60_000; time += 100) {
    now = time;
    if (time % POLL_MS === 0) await known.poll();
    expect(refusalOf(known, chain() + 3), `at ${time} ms`).toBeUndefined();
    expect(refusalOf(known, chain() + 41), `at ${time} ms`).toBeDefined();
  }
});
