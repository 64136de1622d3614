/** Our own layers 3 to 5 as the benchmarks run them: the shipped classes, fed as the service does. */
import { streamingEngine, type EngineParts } from '../../src/app/engines.js';
import { HeapClock } from '../../src/clock/heap.clock.js';
import { createFrameDecoder } from '../../src/dydx/frame.codec.js';
import { MarketFold } from '../../src/market/market-fold.js';
import { OrderBook } from '../../src/market/order-book.js';
import { unixMs, type MarketId, type UnixMs } from '../../src/model/quantities.js';
import { createSniper } from '../../src/strategy/sniper.js';
import type { MarketEngine } from '../../src/ports/engine.js';
import { Subject } from 'rxjs';
import type { Contestant, Round } from './bench-rounds.js';
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
      let index = 0;
      return (end) => {
        for (; index < end; index += 1) take(frames[index] as Buffer, stamps[index] as UnixMs);
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
        if (decoded.type === 'levels') expectApplied(fold.applyLevels(decoded, at));
        else if (decoded.type === 'events')
          for (const event of decoded.market) {
            const told = fold.apply(event, at);
            expectApplied(told.verdict === 'rejected' ? told.reason : undefined);
          }
      };
      for (const frame of opening) take(frame, session.startMs);
      return inTurns(turns, (from, end) => {
        for (let index = from; index < end; index += 1) {
          take(frames[index] as Buffer, stamps[index] as UnixMs);
        }
        fold.flush(stamps[end - 1] as UnixMs);
      });
    },
  };
}

/** Turn by turn; where a round stops within a turn, it is two. */
export function inTurns(turns: Uint32Array, take: (from: number, end: number) => void): Round {
  let index = 0;
  let turn = 0;
  return (end) => {
    while (index < end) {
      const stop = Math.min(end, turns[turn] ?? end);
      take(index, stop);
      index = stop;
      if (index === turns[turn]) turn += 1;
    }
  };
}

/** A frame that was refused cost next to nothing: its figure would flatter. */
function expectApplied(rejection: string | undefined): void {
  if (rejection !== undefined) throw new Error(`expected an applied frame, was ${rejection}`);
}

type Build = (parts: EngineParts) => { readonly engine: MarketEngine };

type Opening = Omit<Session, 'frames' | 'stamps' | 'turns'>;

/** The whole of layers 3 to 5 on a virtual clock. */
export class LayersRun {
  readonly #clock: HeapClock;
  readonly #engine: MarketEngine;
  readonly #flush$ = new Subject<UnixMs>();

  constructor({ startMs, specs, backfills, opening }: Opening, build: Build = streamingEngine) {
    this.#clock = new HeapClock(startMs);
    const flush$ = this.#flush$;
    const parts = { clock: this.#clock, strategy: () => createSniper(), flush$, specs };
    this.#engine = build(parts).engine;
    this.#engine.verdicts$.subscribe();
    this.#engine.decisions$.subscribe();
    this.#engine.facts$.next({ at: startMs, event: { type: 'specs', specs } });
    for (const backfill of backfills) this.#engine.backfills$.next(backfill);
    for (const frame of opening) this.take(frame, startMs);
    this.endTurn(startMs);
  }

  beginTurn(at: UnixMs): void {
    this.#clock.advanceTo(at);
  }

  take(data: Buffer, at: UnixMs): void {
    this.#engine.receive({ data, at });
  }

  endTurn(at: UnixMs): void {
    this.#flush$.next(at);
  }

  play({ frames, stamps, turns }: Session): Round {
    return inTurns(turns, (from, end) => {
      const at = unixMs(stamps[end - 1] ?? 0);
      this.beginTurn(at);
      for (let index = from; index < end; index += 1) this.take(frames[index] as Buffer, at);
      this.endTurn(at);
    });
  }

  /** No frame may be lost on the way: a fast answer that is wrong is no answer. */
  assertComplete(): void {
    const { received, applied, rejected, quarantined } = this.#engine.counts;
    if (applied === received) return;
    const letters = JSON.stringify(this.#engine.letters);
    throw new Error(`of ${received}: ${rejected} rejected, ${quarantined} unreadable ${letters}`);
  }
}

export const layersThreeToFive = (
  session: Session,
  name = 'ours: layers 3–5',
  build: Build = streamingEngine,
): Contestant => ({
  name,
  frames: session.frames.length,
  prepare: () => new LayersRun(session, build).play(session),
});

/** The floor that everybody else stands on. */
export const parseOnly = ({ frames }: Session): Contestant => ({
  name: 'toString + JSON.parse',
  frames: frames.length,
  prepare: () => {
    let index = 0;
    return (end) => {
      for (; index < end; index += 1) JSON.parse((frames[index] as Buffer).toString());
    };
  },
});
