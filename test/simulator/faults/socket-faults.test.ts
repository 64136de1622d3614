/** Faults of connections, each in virtual time, heard by a client over the in-memory ports. */
import { describe, expect, it } from 'vitest';
import { FaultyExchange } from './faulty-exchange.js';

const MINUTE = 60_000;

/** Every height that a client without faults would have heard. */
const all = (exchange: FaultyExchange): number[] =>
  Array.from({ length: exchange.host.exchange.height - 1000 }, (_, index) => 1001 + index);

async function listen(faults: object, ms = MINUTE) {
  const exchange = new FaultyExchange(faults);
  const line = exchange.open();
  await exchange.clock.advance(ms);
  return { exchange, ...line };
}

const isSorted = (heights: readonly number[]): boolean =>
  heights.every((height, index) => index === 0 || height > (heights[index - 1] ?? 0));

describe('frames', () => {
  it('all come, in order, when nothing is wrong', async () => {
    const { exchange, heights } = await listen({});
    expect(heights()).toEqual(all(exchange));
    expect(exchange.struck).toEqual({});
  });

  it('are lost in the share that is asked for, and counted', async () => {
    const { exchange, heights } = await listen({ 'socket.drop': 0.3 }, 10 * MINUTE);
    const lost = all(exchange).length - heights().length;
    expect(lost / all(exchange).length).toBeCloseTo(0.3, 1);
    expect(exchange.struck['socket.drop']).toBeGreaterThanOrEqual(lost);
  });

  it('that are lost leave a hole in the message ids', async () => {
    const { frames } = await listen({ 'socket.drop': 0.3 });
    const ids = frames().map((frame) => Number(frame['message_id']));
    expect(ids.length).toBeLessThan((ids.at(-1) ?? 0) + 1);
  });

  it('come twice', async () => {
    const { exchange, heights } = await listen({ 'socket.duplicate': 1 });
    expect(heights()).toEqual(all(exchange).flatMap((height) => [height, height]));
  });

  it('come late and in order', async () => {
    const { exchange, heights } = await listen({
      'socket.delayMs': 500,
      'socket.delayTailMs': 2000,
    });
    expect(isSorted(heights())).toBe(true);
    expect(heights().length).toBeLessThan(all(exchange).length);
    exchange.change({ 'socket.delayMs': 0, 'socket.delayTailMs': 0 });
    await exchange.clock.advance(MINUTE);
    expect(heights()).toEqual(all(exchange));
  });

  it('are overtaken within the window, and none is lost', async () => {
    const faults = { 'socket.reorder': 0.2, 'socket.reorderWindow': 1 };
    const { exchange, heights } = await listen(faults);
    expect(isSorted(heights())).toBe(false);
    exchange.change({ 'socket.reorder': 0 });
    await exchange.clock.advance(2000);
    expect(heights().toSorted((a, b) => a - b)).toEqual(all(exchange));
  });

  it('are let go after a second when nothing overtakes them', async () => {
    const exchange = new FaultyExchange({ 'socket.reorder': 1, 'chain.slowFactor': 100 });
    const { frames } = exchange.open();
    await exchange.clock.advance(999);
    expect(frames()).toHaveLength(0);
    await exchange.clock.advance(1);
    expect(frames()).toHaveLength(2);
  });
});

describe('a connection', () => {
  it('that is mute is open, answers pings and says nothing until it may', async () => {
    const { exchange, socket, heights, signals, closed } = await listen({ 'socket.mute': true });
    socket.ping();
    await exchange.clock.advance(1);
    expect(signals.map(({ type }) => type)).toEqual(['opened', 'pong']);
    exchange.change({ 'socket.mute': false });
    await exchange.clock.advance(MINUTE);
    expect(heights().length).toBeGreaterThan(80);
    expect(closed()).toBeUndefined();
  });

  it('falls silent at random times and comes back', async () => {
    const { exchange, heights } = await listen(
      { 'socket.muteEveryMs': 60_000, 'socket.muteForMs': 10_000 },
      20 * MINUTE,
    );
    const missing = all(exchange).length - heights().length;
    expect(exchange.struck['socket.mute']).toBeGreaterThanOrEqual(missing);
    expect(missing).toBeGreaterThan(50);
    expect(heights().length).toBeGreaterThan(missing);
  });

  it('that hangs hears nothing, answers no ping and is not closed', async () => {
    const { exchange, socket, heights, signals, closed } = await listen({});
    const before = heights().length;
    exchange.ports.network.hang();
    socket.ping();
    socket.send('{"type":"subscribe","channel":"v4_markets"}');
    await exchange.clock.advance(10 * MINUTE);
    expect(heights()).toHaveLength(before);
    expect(signals.filter(({ type }) => type === 'pong')).toEqual([]);
    expect(closed()).toBeUndefined();
    expect(exchange.host.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
    exchange.ports.network.close(1012);
    await exchange.clock.advance(1);
    expect(closed()).toBeUndefined();
    exchange.ports.cutSockets();
    await exchange.clock.advance(1);
    expect(closed()).toMatchObject({ code: 1006 });
  });

  it('hangs at a random time', async () => {
    const { exchange, closed } = await listen({ 'socket.halfOpenEveryMs': 5000 }, 10 * MINUTE);
    expect(exchange.struck).toEqual({ 'socket.halfOpen': 1 });
    expect(closed()).toBeUndefined();
  });

  it.each([
    [1008, '{"message":"Rate limited"}'],
    [1011, 'Heartbeat timeout'],
    [1012, '{"message":"Service restarting"}'],
    [4000, ''],
    [1001, ''],
    [1006, ''],
  ])('is closed with %i at a random time', async (code, reason) => {
    const faults = { 'socket.closeEveryMs': 5000, 'socket.closeCode': code };
    const { exchange, closed } = await listen(faults);
    expect(closed()).toEqual({ type: 'closed', code, reason, fatal: false });
    expect(exchange.struck).toEqual({ [code === 1006 ? 'socket.cut' : 'socket.close']: 1 });
    expect(exchange.host.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
  });

  it('is told why before it is closed, however late frames are', async () => {
    const exchange = new FaultyExchange({ 'socket.delayMs': 1000 });
    const { socket, frames, closed } = exchange.open();
    for (let n = 0; n < 3; n += 1) socket.send('{');
    await exchange.clock.advance(1001);
    expect(frames().at(-1)).toMatchObject({
      message: 'Too many invalid messages. Please reconnect and try again.',
    });
    expect(closed()).toMatchObject({ code: 1008 });
  });

  it('is refused', async () => {
    const exchange = new FaultyExchange({ 'socket.refuse': 1 });
    const { signals } = exchange.open();
    await exchange.clock.advance(1);
    expect(signals).toEqual([{ type: 'closed', code: 1006, reason: '', fatal: false }]);
    exchange.change({ 'socket.refuse': 0 });
    const next = exchange.open();
    await exchange.clock.advance(1);
    expect(next.signals[0]).toEqual({ type: 'opened' });
  });

  it('with more on its way than it may hold is closed as one that does not read', async () => {
    const exchange = new FaultyExchange({ 'socket.delayMs': 86_400_000 });
    const { socket, closed } = exchange.open();
    for (let n = 0; n < 20_001; n += 1) {
      socket.send('{"type":"unsubscribe","channel":"v4_markets"}');
    }
    await exchange.clock.advance(1);
    expect(closed()).toMatchObject({ code: 4000 });
  });
});

describe('chance', () => {
  const everything = {
    'socket.drop': 0.1,
    'socket.duplicate': 0.1,
    'socket.delayTailMs': 300,
    'socket.reorder': 0.1,
    'socket.muteEveryMs': 20_000,
  };
  const heard = async (faults: object, faultSeed: number) => {
    const exchange = new FaultyExchange(faults, { faultSeed });
    const { heights } = exchange.open();
    await exchange.clock.advance(2 * MINUTE);
    return { heights: heights(), struck: exchange.struck };
  };

  it('of one seed strikes the same again, of another it does not', async () => {
    const first = await heard(everything, 1);
    expect(await heard(everything, 1)).toEqual(first);
    expect((await heard(everything, 2)).heights).not.toEqual(first.heights);
  });

  it('of one fault is not shifted by another', async () => {
    const alone = await heard({ 'socket.drop': 0.2 }, 1);
    const delayed = await heard({ 'socket.drop': 0.2, 'socket.delayTailMs': 1 }, 1);
    expect(delayed.struck['socket.drop']).toBe(alone.struck['socket.drop']);
    expect(delayed.heights).toEqual(alone.heights);
  });
});
