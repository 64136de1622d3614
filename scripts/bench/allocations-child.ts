/**
 * How many bytes a level update leaves behind: a million updates between two looks at the heap, in
 * a process whose nursery holds them all. Everything is compiled and warm before.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { createFrameDecoder } from '../../src/dydx/frame.codec.js';
import { MarketFold } from '../../src/market/market-fold.js';
import { OrderBook } from '../../src/market/order-book.js';
import type { MarketId, UnixMs } from '../../src/model/quantities.js';
import { collectGarbage, median } from './bench-rounds.js';
import { syntheticSession } from './bench-session.js';
import { LayersRun } from './our-side.js';

const UPDATES = 1_000_000;
const FRAMES = 100_000;

const session = syntheticSession({ frames: FRAMES, markets: 200, framesPerSecond: 5_000 });
const { specs, opening, startMs } = session;
const frames = session.frames.filter((frame) => frame.includes('v4_orderbook'));
const decoder = createFrameDecoder();
decoder.learn(specs);

/**
 * Stamps as the wall gives them, with fractions, made before: the text at the front makes the array
 * hold numbers as objects, so that none is made when one is read.
 */
const stamps: readonly unknown[] = ['stamps', ...frames.map((_, index) => startMs + index / 7)];

function collections(): { readonly stop: () => number } {
  let seen = 0;
  const observer = new PerformanceObserver((list) => {
    seen += list.getEntries().length;
  });
  observer.observe({ entryTypes: ['gc'] });
  return {
    stop: () => {
      seen += observer.takeRecords().length;
      observer.disconnect();
      return seen;
    },
  };
}

/** Bytes per update; `step` is one update and says how many levels it changed. */
function measure(step: (frame: Buffer, at: UnixMs) => number): number {
  const loop = (updates: number): number => {
    let done = 0;
    let index = 0;
    while (done < updates) {
      index = (index + 1) % frames.length;
      done += step(frames[index] as Buffer, stamps[index + 1] as UnixMs);
    }
    return done;
  };
  loop(UPDATES);
  const once = (): number => {
    collectGarbage();
    const watch = collections();
    const before = process.memoryUsage().heapUsed;
    const done = loop(UPDATES);
    const after = process.memoryUsage().heapUsed;
    collected += watch.stop();
    return (after - before) / done;
  };
  // What code that is compiled meanwhile takes is no update's.
  return median([once(), once(), once()]);
}

let collected = 0;

const fold = new MarketFold();
fold.apply({ type: 'specs', specs }, startMs);
const books = new Map<MarketId, OrderBook>();
for (const frame of opening) {
  const decoded = decoder.decode(frame, startMs);
  if (decoded.type !== 'events') continue;
  for (const event of decoded.market) {
    fold.apply(event, startMs);
    if (event.type !== 'book.snapshot') continue;
    const book = new OrderBook();
    book.applySnapshot(event, startMs);
    books.set(event.market, book);
  }
}

const decode = measure((frame, at) => {
  const decoded = decoder.decode(frame, at);
  return decoded.type === 'levels' ? decoded.levels.count : 0;
});
const withBook = measure((frame, at) => {
  const decoded = decoder.decode(frame, at);
  if (decoded.type !== 'levels') return 0;
  books.get(decoded.market)?.applyLevels(decoded.levels, at);
  return decoded.levels.count;
});
const withFold = measure((frame, at) => {
  const decoded = decoder.decode(frame, at);
  if (decoded.type !== 'levels') return 0;
  if (fold.applyLevels(decoded, at) !== undefined) throw new Error('expected an applied frame');
  return decoded.levels.count;
});
const ours = new LayersRun(session);
const pipeline = measure((frame, at) => {
  ours.take(frame, at);
  return 1;
});
const bytesPerUpdate = {
  decode,
  book: withBook - decode,
  fold: withFold - decode,
  pipeline,
};
console.log(JSON.stringify({ updates: UPDATES, bytesPerUpdate, collections: collected }));
