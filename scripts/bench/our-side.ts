/** Our own layers 3 to 5 as the benchmarks run them: the shipped classes, fed as the service does. */
import { MarketPipeline } from '../../src/app/market-pipeline.js';
import { HeapClock } from '../../src/clock/heap.clock.js';
import { createFrameDecoder } from '../../src/dydx/frame.codec.js';
import { MarketFold } from '../../src/market/market-fold.js';
import { OrderBook } from '../../src/market/order-book.js';
import { unixMs, type MarketId, type UnixMs } from '../../src/model/quantities.js';
import { createSniper } from '../../src/strategy/sniper.js';
import { Subject } from 'rxjs';
import type { Contestant } from './bench-rounds.js';
import type { Session } from './bench-session.js';

/** Scanner and order books, nothing else. */
export function decodeAndBook(session: Session): Contestant {
  const { frames, opening, specs, stamps } = session;
  return {
    name: 'ours: decode + book',
    frames: frames.length,
    prepare: () => {
      const decoder = createFrameDecoder();
      decoder.learn(specs);
      const books = new Map<MarketId, OrderBook>(
        specs.map(({ market }) => [market, new OrderBook()]),
      );
      const take = (frame: Buffer, at: UnixMs): void => {
        const decoded = decoder.decode(frame, at);
        if (decoded.type === 'levels') books.get(decoded.market)?.applyLevels(decoded.levels, at);
        if (decoded.type !== 'events') return;
        for (const event of decoded.market) {
          if (event.type === 'book.snapshot') books.get(event.market)?.applySnapshot(event, at);
          else if (event.type === 'book.update') books.get(event.market)?.applyUpdate(event, at);
        }
      };
      for (const frame of opening) take(frame, session.startMs);
      return () => {
        for (let index = 0; index < frames.length; index += 1) {
          take(frames[index] as Buffer, stamps[index] as UnixMs);
        }
      };
    },
  };
}

/** The market stage: books, trades, candles, oracle prices, and a flush at the end of each turn. */
export function decodeAndFold(session: Session): Contestant {
  const { frames, opening, specs, stamps, turns } = session;
  return {
    name: 'ours: decode + book + trades',
    frames: frames.length,
    prepare: () => {
      const decoder = createFrameDecoder();
      decoder.learn(specs);
      const fold = new MarketFold();
      fold.apply({ type: 'specs', specs }, session.startMs);
      const take = (frame: Buffer, at: UnixMs): void => {
        const decoded = decoder.decode(frame, at);
        if (decoded.type === 'levels') fold.applyLevels(decoded.market, decoded.levels, at);
        else if (decoded.type === 'events')
          for (const event of decoded.market) fold.apply(event, at);
      };
      for (const frame of opening) take(frame, session.startMs);
      return () => {
        let index = 0;
        for (const end of turns) {
          for (; index < end; index += 1) take(frames[index] as Buffer, stamps[index] as UnixMs);
          fold.flush(stamps[end - 1] as UnixMs);
        }
      };
    },
  };
}

/** The whole of layers 3 to 5 on a virtual clock. */
export class OurPipeline {
  readonly clock: HeapClock;
  readonly pipeline: MarketPipeline;
  readonly #flush$ = new Subject<UnixMs>();
  verdicts = 0;
  decisions = 0;

  constructor({
    startMs,
    specs,
    backfills,
    opening,
  }: Omit<Session, 'frames' | 'stamps' | 'turns'>) {
    this.clock = new HeapClock(startMs);
    const decoder = createFrameDecoder();
    decoder.learn(specs);
    this.pipeline = new MarketPipeline({
      decoder,
      strategy: createSniper(),
      scheduler: this.clock.scheduler,
      flush$: this.#flush$,
    });
    this.pipeline.verdicts$.subscribe(() => {
      this.verdicts += 1;
    });
    this.pipeline.decisions$.subscribe(() => {
      this.decisions += 1;
    });
    this.pipeline.facts$.next({ at: startMs, event: { type: 'specs', specs } });
    for (const backfill of backfills) this.pipeline.backfills$.next(backfill);
    for (const frame of opening) this.take(frame, startMs);
    this.endTurn(startMs);
  }

  beginTurn(at: UnixMs): void {
    this.clock.advanceTo(at);
  }

  take(data: Buffer, at: UnixMs): void {
    this.pipeline.frames$.next({ data, at });
  }

  endTurn(at: UnixMs): void {
    this.#flush$.next(at);
  }

  /** No frame may be lost on the way: a fast answer that is wrong is no answer. */
  assertComplete(): void {
    const { received, applied, rejected, quarantined } = this.pipeline.counts;
    if (applied === received) return;
    const letters = JSON.stringify(this.pipeline.letters);
    throw new Error(`of ${received}: ${rejected} rejected, ${quarantined} unreadable ${letters}`);
  }
}

export function layersThreeToFive(session: Session, name = 'ours: layers 3–5'): Contestant {
  const { frames, stamps, turns } = session;
  return {
    name,
    frames: frames.length,
    prepare: () => {
      const ours = new OurPipeline(session);
      return () => {
        let index = 0;
        for (const end of turns) {
          const at = unixMs(stamps[end - 1] ?? 0);
          ours.beginTurn(at);
          for (; index < end; index += 1) ours.take(frames[index] as Buffer, at);
          ours.endTurn(at);
        }
      };
    },
  };
}

/** The floor that everybody else stands on. */
export const parseOnly = ({ frames }: Session): Contestant => ({
  name: 'toString + JSON.parse',
  frames: frames.length,
  prepare: () => () => {
    for (const frame of frames) JSON.parse(frame.toString());
  },
});
