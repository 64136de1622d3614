/** The signing thread from outside: one answer to every request, whatever the thread does. */
import { EventEmitter } from 'node:events';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import type { CancelRequest, OrderRequest } from '../../src/model/order.js';
import {
  blockHeight,
  clientId,
  orderId,
  price,
  size,
  unixMs,
  usd,
} from '../../src/model/quantities.js';
import type { SendAnswer } from '../../src/ports/venue.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { liveVenue } from '../../src/dydx/live.venue.js';
import { embeddedNetwork } from '../../src/dydx/networks.js';
import {
  cancelMessage,
  placeMessage,
  refusal,
  type FromSigner,
  type SignerData,
  type ToSigner,
} from '../../src/dydx/signer-messages.js';
import { startSigner } from '../../src/dydx/validator.client.js';
import { unwrap } from '../../src/model/result.js';
import { BTC, btc, orderUuid } from './samples.js';

const request: OrderRequest = {
  orderId: orderId(orderUuid),
  clientId: clientId(5),
  intentId: 'sniper/BTC-USD/1.1',
  strategy: 'sniper',
  market: BTC,
  side: 'sell',
  size: size(3_000_000n),
  price: price(8_995_000_000n),
  timeInForce: 'ioc',
  reduceOnly: false,
  purpose: 'entry',
  goodTilBlock: blockHeight(1010),
  newestFrameAt: unixMs(0),
  heldMs: 0,
};
const cancel: CancelRequest = { ...request, goodTilBlock: blockHeight(1012) };
const expiresAt = unixMs(1250);
const privateKey = keyFromSeed(3);

class FakeThread extends EventEmitter {
  readonly data: SignerData;
  readonly received: ToSigner[] = [];
  terminated = false;
  constructor(data: SignerData) {
    super();
    this.data = data;
  }
  postMessage(message: ToSigner): void {
    this.received.push(message);
  }
  async terminate(): Promise<void> {
    this.terminated = true;
    this.emit('exit', 1);
  }
  says(message: FromSigner): void {
    this.emit('message', message);
  }
}

async function setup() {
  const clock = new SimulatedClock(1000);
  const threads: FakeThread[] = [];
  const logged: string[] = [];
  const signer = await startSigner({
    network: embeddedNetwork(1),
    privateKey,
    subaccountNumber: 0,
    clock,
    log: {
      write: (_level, event, fields) => void logged.push(`${event} ${JSON.stringify(fields)}`),
    },
    startThread: (data) => {
      const thread = new FakeThread(data);
      threads.push(thread);
      return thread;
    },
  });
  const states: string[] = [];
  signer.state$.subscribe((state) => states.push(state));
  const thread = (): FakeThread => {
    const newest = threads.at(-1);
    if (newest === undefined) throw new Error('no thread');
    return newest;
  };
  const answers: SendAnswer[] = [];
  const place = () =>
    signer.place(request, btc, expiresAt).subscribe((answer) => answers.push(answer));
  return { answers, clock, logged, place, signer, states, thread, threads };
}

async function ready() {
  const all = await setup();
  all.thread().says({ type: 'loaded' });
  all.thread().says({ type: 'ready' });
  return all;
}
const accepted: SendAnswer = { type: 'accepted', txHash: 'AB', broadcastAt: unixMs(1001) };

describe('the signer', () => {
  it('knows its address and hands the key to its thread only', async () => {
    const { signer, thread, logged } = await setup();
    const key = unwrap(readPrivateKey(privateKey));
    expect(signer.address).toBe(addressOfKey(key));
    expect(thread().data).toMatchObject({ privateKey: key, chainId: 'localdydxprotocol' });
    thread().says({ type: 'loaded' });
    thread().says({ type: 'waiting', reason: 'not found' });
    expect(logged).toHaveLength(2);
    expect(logged.join()).not.toContain(privateKey);
  });

  it('does not start with a key that is none', async () => {
    const { clock } = await setup();
    const log = { write: () => undefined };
    const options = { network: embeddedNetwork(1), subaccountNumber: 0, clock, log };
    await expect(startSigner({ ...options, privateKey: 'secret' })).rejects.toThrow(
      '64 hex digits',
    );
  });

  it('sends nothing before its thread is ready', async () => {
    const { answers, place, states, thread } = await setup();
    place();
    expect(answers).toEqual([{ type: 'unsent', reason: 'signer starting' }]);
    expect(thread().received).toEqual([]);
    expect(states).toEqual(['starting']);
  });

  it('gives each request the answer with its number, in any order', async () => {
    const { signer, thread } = await ready();
    const first = firstValueFrom(signer.place(request, btc, expiresAt));
    const second = firstValueFrom(signer.cancel(cancel, btc));
    expect(thread().received).toMatchObject([
      { type: 'send', id: 1, message: { type: 'place', quantums: '3000000', expiresAt } },
      { type: 'send', id: 2, message: { type: 'cancel', clientId: 5, goodTilBlock: 1012 } },
    ]);
    const rejected: SendAnswer = { type: 'rejected', code: 'clob.10', message: '' };
    thread().says({ type: 'answer', id: 2, answer: rejected });
    thread().says({ type: 'answer', id: 1, answer: accepted });
    expect(await first).toEqual(accepted);
    expect(await second).toEqual(rejected);
  });

  it('sends again for each subscriber and nothing without one', async () => {
    const { place, signer, thread } = await ready();
    void signer.place(request, btc, expiresAt);
    expect(thread().received).toHaveLength(0);
    place();
    place();
    expect(thread().received).toHaveLength(2);
  });

  it('does not send what cannot be an order', async () => {
    const { signer, thread } = await ready();
    const odd = { ...request, size: size(1n) };
    const answer = await firstValueFrom(signer.place(odd, btc, expiresAt));
    expect(answer).toMatchObject({ type: 'unsent' });
    expect(thread().received).toEqual([]);
  });

  it('calls a request unknown when the thread hangs, and ignores the answer that comes later', async () => {
    const { answers, clock, place, thread } = await ready();
    place();
    await clock.advance(5000);
    thread().says({ type: 'answer', id: 1, answer: accepted });
    expect(answers).toEqual([{ type: 'unknown', reason: 'no answer of the signer in 5000 ms' }]);
    expect(clock.pending).toBe(0);
  });

  it('calls all requests unknown when the thread dies, and starts another', async () => {
    const { answers, clock, logged, place, states, thread, threads } = await ready();
    place();
    place();
    thread().emit('error', new Error('out of memory'));
    thread().emit('exit', 1);
    expect(answers.map(({ type }) => type)).toEqual(['unknown', 'unknown']);
    expect(logged.at(-1)).toBe('signer.crashed {"reason":"out of memory"}');
    place();
    expect(answers.at(-1)).toEqual({ type: 'unsent', reason: 'signer restarting' });
    await clock.advance(500);
    expect(threads).toHaveLength(2);
    thread().says({ type: 'ready' });
    place();
    expect(thread().received).toHaveLength(1);
    expect(states).toEqual(['starting', 'ready', 'restarting', 'ready']);
  });

  it('waits longer from crash to crash, at most half a minute', async () => {
    const { clock, thread, threads } = await setup();
    for (const wait of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      const count = threads.length;
      thread().emit('exit', 1);
      await clock.advance(wait - 1);
      expect(threads).toHaveLength(count);
      await clock.advance(1);
      expect(threads).toHaveLength(count + 1);
    }
  });

  it('refuses more requests than it can keep', async () => {
    const { answers, place, thread } = await ready();
    for (let index = 0; index < 257; index += 1) place();
    expect(thread().received).toHaveLength(256);
    expect(answers).toEqual([{ type: 'unsent', reason: '256 requests are unanswered' }]);
  });

  it('lets the thread finish when it is closed, and then sends nothing', async () => {
    const { answers, clock, place, signer, states, thread, threads } = await ready();
    place();
    const closed = signer.close();
    expect(thread().received.at(-1)).toEqual({ type: 'close' });
    thread().says({ type: 'answer', id: 1, answer: accepted });
    thread().says({ type: 'ready' });
    thread().emit('exit', 0);
    await closed;
    await signer.close();
    place();
    await clock.advance(60_000);
    expect(answers).toEqual([accepted, { type: 'unsent', reason: 'signer closed' }]);
    expect(states).toEqual(['starting', 'ready', 'closed']);
    expect(threads).toHaveLength(1);
  });

  it('ends a thread that does not end by itself', async () => {
    const { answers, clock, place, signer, thread } = await ready();
    place();
    const closed = signer.close();
    await clock.advance(3000);
    await closed;
    expect(thread().terminated).toBe(true);
    expect(answers.map(({ type }) => type)).toEqual(['unknown']);
  });

  it('closes between two threads too', async () => {
    const { clock, signer, thread, threads } = await ready();
    thread().emit('exit', 1);
    await signer.close();
    await clock.advance(60_000);
    expect(threads).toHaveLength(1);
  });
});

describe('a message for the signing thread', () => {
  it('says exactly what is to be signed', () => {
    expect(unwrap(placeMessage(request, btc, expiresAt))).toEqual({
      type: 'place',
      clientId: 5,
      clobPairId: 0,
      side: 2,
      quantums: '3000000',
      subticks: '8995000000',
      goodTilBlock: 1010,
      timeInForce: 1,
      reduceOnly: false,
      notionalExponent: -9,
      expiresAt,
    });
    const resting = { ...request, side: 'buy', timeInForce: 'postOnly' } as const;
    expect(placeMessage(resting, btc, expiresAt)).toMatchObject({
      value: { side: 1, timeInForce: 2 },
    });
  });

  it('is not made for a reduce-only order that would rest', () => {
    const odd = { ...request, reduceOnly: true, timeInForce: 'gtt' } as const;
    expect(placeMessage(odd, btc, expiresAt)).toMatchObject({
      error: { code: 'order.reduce-only' },
    });
  });

  const message = unwrap(placeMessage(request, btc, expiresAt));
  const notional = 26_985_000n;
  it.each([
    ['in time and within the limit', message, { now: 1250, orderNotionalMax: usd(notional) }, true],
    ['in time and without a limit', message, { now: 0, orderNotionalMax: undefined }, true],
    ['too late', message, { now: 1250.001, orderNotionalMax: undefined }, false],
    ['at no time', message, { now: Number.NaN, orderNotionalMax: undefined }, false],
    ['above the limit', message, { now: 0, orderNotionalMax: usd(notional - 1n) }, false],
    [
      'above the limit in a market of whole dollars',
      { ...message, quantums: '2', subticks: '3', notionalExponent: 6 },
      { now: 0, orderNotionalMax: usd(5_999_999n) },
      false,
    ],
    [
      'above the limit by a part of a unit',
      { ...message, quantums: '1', subticks: '1' },
      { now: 0, orderNotionalMax: usd(0n) },
      false,
    ],
    [
      'above the limit but reducing only',
      { ...message, reduceOnly: true },
      { now: 0, orderNotionalMax: usd(0n) },
      true,
    ],
    ['that cancels', cancelMessage(cancel, btc), { now: 9999, orderNotionalMax: usd(0n) }, true],
  ])('%s: may it be signed?', (_name, message, limits, may) => {
    expect(refusal(message, limits) === undefined).toBe(may);
  });
});

describe('the live venue', () => {
  it('sends orders of known markets and no others', async () => {
    const { signer, thread } = await ready();
    const reads = {} as Parameters<typeof liveVenue>[0]['reads'];
    const known = liveVenue({ signer, reads, specOf: () => btc });
    known.place(request, expiresAt).subscribe();
    known.cancel(cancel).subscribe();
    expect(thread().received).toHaveLength(2);
    const unknown = liveVenue({ signer, reads, specOf: () => undefined });
    const refused = { type: 'unsent', reason: 'parameters of BTC-USD are not known' };
    expect(await firstValueFrom(unknown.place(request, expiresAt))).toEqual(refused);
    expect(await firstValueFrom(unknown.cancel(cancel))).toEqual(refused);
  });
});
