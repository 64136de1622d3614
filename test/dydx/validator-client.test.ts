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
import { EndpointPool } from '../../src/dydx/endpoint-pool.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { liveVenue } from '../../src/dydx/live.venue.js';
import {
  placeMessage,
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
const own = addressOfKey(unwrap(readPrivateKey(privateKey)));
const [A, B] = ['http://a.example:1', 'http://b.example:1'] as const;
const limits = {
  markets: 'all',
  subaccountNumbers: [7],
  orderNotionalMax: usd(1n),
  goodTilBlocksMax: 20,
  goodTilSecondsMax: 3_600,
} as const;

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
  const nodes = new EndpointPool({ kind: 'rpc', urls: [A, B], hasProbes: false });
  const signer = startSigner({
    network: { chainId: 'localdydxprotocol', rpcUrls: [A, B] },
    key: { type: 'plain', privateKey },
    account: { address: own, subaccountNumber: 7, signer: own, authenticator: undefined },
    limits,
    nodes,
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
  return { answers, clock, logged, nodes, place, signer, states, thread, threads };
}

async function ready() {
  const all = await setup();
  all.thread().says({ type: 'loaded' });
  all.thread().says({ type: 'ready' });
  return all;
}
const accepted: SendAnswer = { type: 'accepted', txHash: 'AB', broadcastAt: unixMs(1001) };

describe('the signer', () => {
  it('knows its account, and hands key and limits to its thread only', async () => {
    const { signer, thread, logged } = await setup();
    expect(signer.address).toBe(own);
    expect(thread().data).toEqual({
      key: { type: 'plain', privateKey },
      account: { address: own, subaccountNumber: 7, signer: own, authenticator: undefined },
      limits,
      chainId: 'localdydxprotocol',
      rpcUrls: [A, B],
    });
    thread().says({ type: 'loaded' });
    thread().says({ type: 'waiting', reason: 'not found' });
    expect(logged).toHaveLength(2);
    expect(logged.join()).not.toContain(privateKey);
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
      { id: 1, node: 0, message: { type: 'place', quantums: '3000000', expiresAt } },
      { id: 2, node: 0, message: { type: 'cancel', clientId: 5, goodTilBlock: 1012 } },
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

  it('sends a batch of cancels as one message', async () => {
    const { signer, thread } = await ready();
    const cancels = [{ spec: btc, clientIds: [clientId(5), clientId(6)] }];
    const batch = { cancels, goodTilBlock: blockHeight(1012) };
    const answer = firstValueFrom(signer.batchCancel(batch));
    expect(thread().received).toMatchObject([
      {
        message: {
          type: 'batchCancel',
          subaccountNumber: 7,
          cancels: [{ clobPairId: 0, clientIds: [5, 6] }],
          goodTilBlock: 1012,
        },
      },
    ]);
    thread().says({ type: 'answer', id: 1, answer: accepted });
    expect(await answer).toEqual(accepted);
  });

  it('replaces a thread that does not answer a request, which is unknown and never sent again', async () => {
    const { answers, clock, place, thread, threads } = await ready();
    const hung = thread();
    place();
    await clock.advance(5000);
    expect(hung.terminated).toBe(true);
    hung.says({ type: 'answer', id: 1, answer: accepted });
    expect(answers).toEqual([{ type: 'unknown', reason: 'no answer of the signer in 5000 ms' }]);
    await clock.advance(500);
    expect(threads).toHaveLength(2);
    thread().says({ type: 'loaded' });
    thread().says({ type: 'ready' });
    await clock.advance(1000);
    expect(thread().received).toEqual([]);
    expect(answers).toHaveLength(1);
  });

  it('replaces a thread that hangs while nothing is asked of it', async () => {
    const { clock, logged, states, thread, threads } = await ready();
    const hung = thread();
    await clock.advance(7999);
    expect(hung.received.map(({ type }) => type)).toEqual(['ping', 'ping', 'ping']);
    expect(hung.terminated).toBe(false);
    await clock.advance(1);
    expect(hung.terminated).toBe(true);
    expect(logged.at(-1)).toBe('signer.replaced {"reason":"the signing thread hangs"}');
    await clock.advance(500);
    expect(threads).toHaveLength(2);
    expect(states).toEqual(['starting', 'ready', 'restarting']);
  });

  it('leaves a thread alone that answers its pings', async () => {
    const { clock, thread, threads } = await ready();
    for (let second = 0; second < 60; second += 1) {
      await clock.advance(1000);
      thread().says({ type: 'pong' });
    }
    expect(threads).toHaveLength(1);
    expect(thread().received).toHaveLength(30);
  });

  it('has the trading key proved again every five minutes, and when the chain does not take it', async () => {
    const { clock, thread, place } = await ready();
    for (let second = 0; second < 300; second += 1) {
      await clock.advance(1000);
      thread().says({ type: 'pong' });
    }
    const proofs = () => thread().received.filter(({ type }) => type === 'prove').length;
    expect(proofs()).toBe(1);
    place();
    const sent = thread().received.at(-1);
    const id = sent?.type === 'send' ? sent.id : -1;
    const answer = { type: 'rejected', code: 'accountplus.104', message: 'no' } as const;
    thread().says({ type: 'answer', id, answer });
    expect(proofs()).toBe(2);
  });

  it('does not blame the thread for a time in which this one stood still', async () => {
    const { clock, thread, threads } = await ready();
    await clock.advance(2000);
    // All timers at once, before anything is heard.
    clock.advanceTo(clock.now() + 4000);
    thread().says({ type: 'pong' });
    await clock.advance(4000);
    expect(threads).toHaveLength(1);
  });

  it('replaces a thread that does not load', async () => {
    const { clock, thread, threads } = await setup();
    const stuck = thread();
    await clock.advance(60_500);
    expect(stuck.terminated).toBe(true);
    expect(threads).toHaveLength(2);
  });

  it('stays refused when the thread refuses the key, and says why', async () => {
    const { answers, clock, logged, place, signer, states, thread, threads } = await setup();
    thread().says({ type: 'loaded' });
    thread().says({ type: 'refused', code: 'authenticator.permits-more', reason: 'it withdraws' });
    thread().emit('exit', 0);
    place();
    await clock.advance(120_000);
    expect(threads).toHaveLength(1);
    expect(states).toEqual(['starting', 'refused']);
    expect(signer.refusal).toEqual({ code: 'authenticator.permits-more', message: 'it withdraws' });
    expect(answers).toEqual([{ type: 'unsent', reason: 'signer refused: it withdraws' }]);
    expect(logged.at(-1)).toContain('it withdraws');
    await signer.close();
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
    expect(thread().received).toEqual([]);
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

describe('the nodes', () => {
  it('asks another one after a lost answer, and never sends the same order there', async () => {
    const { answers, clock, nodes, place, thread } = await ready();
    place();
    const lost: SendAnswer = { type: 'unknown', reason: 'socket hang up' };
    thread().says({ type: 'answer', id: 1, answer: lost, nodeFault: 'socket hang up' });
    expect(answers).toEqual([lost]);
    await clock.advance(10);
    expect(thread().received).toHaveLength(1);
    place();
    expect(thread().received).toMatchObject([
      { id: 1, node: 0 },
      { id: 2, node: 1 },
    ]);
    expect(nodes.states(clock.now())).toMatchObject([
      { origin: A, state: 'failing', errors: 1, lastError: 'socket hang up' },
      { origin: B, state: 'healthy', isCurrent: true },
    ]);
  });

  it('comes back to the first when it has rested', async () => {
    const { clock, place, thread } = await ready();
    place();
    const answer: SendAnswer = { type: 'unsent', reason: 'refused' };
    thread().says({ type: 'answer', id: 1, answer, nodeFault: 'refused' });
    place();
    thread().says({ type: 'answer', id: 2, answer: accepted, latencyMs: 3 });
    await clock.advance(1000);
    place();
    expect(thread().received.flatMap((one) => (one.type === 'send' ? [one.node] : []))).toEqual([
      0, 1, 0,
    ]);
  });

  it('does not blame a node for a code of the chain that leaves the order unknown', async () => {
    const { answers, clock, nodes, place, thread } = await ready();
    place();
    const answer: SendAnswer = { type: 'unknown', reason: 'clob.24 already filled' };
    thread().says({ type: 'answer', id: 1, answer, nodeFault: answer.reason, latencyMs: 3 });
    place();
    expect(answers).toEqual([answer]);
    expect(thread().received).toMatchObject([{ node: 0 }, { node: 0 }]);
    expect(nodes.states(clock.now())).toMatchObject([{ state: 'healthy', errors: 0 }, {}]);
  });

  it('does not blame a node for what we or the chain refuse', async () => {
    const { clock, nodes, place, thread } = await ready();
    place();
    place();
    const unsent: SendAnswer = { type: 'unsent', reason: 'permission expired' };
    const rejected: SendAnswer = { type: 'rejected', code: 'clob.10', message: '' };
    thread().says({ type: 'answer', id: 1, answer: unsent });
    thread().says({ type: 'answer', id: 2, answer: rejected, latencyMs: 4 });
    expect(nodes.states(clock.now())[0]).toMatchObject({
      state: 'healthy',
      errors: 0,
      latencyMs: 4,
    });
  });
});

describe('a message for the signing thread', () => {
  it('says exactly what is to be signed', () => {
    expect(unwrap(placeMessage(request, btc, { expiresAt, subaccountNumber: 7 }))).toEqual({
      type: 'place',
      orderFlags: 0,
      subaccountNumber: 7,
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
    expect(placeMessage(resting, btc, { expiresAt, subaccountNumber: 7 })).toMatchObject({
      value: { side: 1, timeInForce: 2 },
    });
  });

  it('is not made for a reduce-only order that would rest', () => {
    const odd = { ...request, reduceOnly: true, timeInForce: 'gtt' } as const;
    expect(placeMessage(odd, btc, { expiresAt, subaccountNumber: 7 })).toMatchObject({
      error: { code: 'order.reduce-only' },
    });
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
