/** Both engines on one virtual clock, given the same and compared between inputs. */
import { merge } from 'rxjs';
import { EngineComparison, EngineSayings } from '../../src/app/engine-comparison.js';
import { batchEngine, streamingEngine } from '../../src/app/engines.js';
import { Inbox } from '../../src/app/inbox.js';
import { HeapClock } from '../../src/clock/heap.clock.js';
import type { MarketEvent } from '../../src/model/events.js';
import { unixMs, type MarketId } from '../../src/model/quantities.js';
import type { Backfill } from '../../src/model/signal.js';
import type { MarketEngine } from '../../src/ports/engine.js';
import { verdictKey } from '../../src/strategy/decision.stream.js';
import { createSniper } from '../../src/strategy/sniper.js';
import type { Strategy } from '../../src/ports/strategy.js';

export const PAIR_START = Date.UTC(2026, 0, 5);

export class EnginePair {
  readonly clock = new HeapClock(PAIR_START);
  readonly comparison: EngineComparison;
  readonly streaming: MarketEngine;
  readonly batch: MarketEngine;
  /** Resyncs that each asked for. */
  readonly resyncs: { readonly streaming: MarketId[]; readonly batch: MarketId[] } = {
    streaming: [],
    batch: [],
  };
  readonly sayings;
  readonly #inbox: Inbox;

  constructor(strategy: () => Strategy = () => createSniper({ confidenceMin: 0.05 })) {
    const { clock } = this;
    this.#inbox = new Inbox({ clock, stamp: () => clock.now(), atTurnEnd: () => undefined });
    const parts = { clock, strategy, flush$: this.#inbox.flush$ };
    this.streaming = streamingEngine(parts).engine;
    this.batch = batchEngine(parts).engine;
    const sayings = {
      streaming: new EngineSayings(verdictKey),
      batch: new EngineSayings(verdictKey),
    };
    this.sayings = sayings;
    this.comparison = new EngineComparison({
      streaming: { engine: this.streaming, sayings: sayings.streaming },
      batch: { engine: this.batch, sayings: sayings.batch },
    });
    merge(sayings.streaming.listen(this.streaming), sayings.batch.listen(this.batch)).subscribe();
    this.streaming.resyncs$.subscribe((markets) => this.resyncs.streaming.push(...markets));
    this.batch.resyncs$.subscribe((markets) => this.resyncs.batch.push(...markets));
  }

  get engines(): readonly MarketEngine[] {
    return [this.streaming, this.batch];
  }

  /** Time passes, and something comes. */
  enter(afterMs: number, deliver: (engine: MarketEngine) => void): void {
    const at = unixMs(this.clock.now() + afterMs);
    this.#inbox.enter('fact', 'test', () => this.engines.forEach(deliver), at);
  }

  fact(event: MarketEvent, afterMs = 0): void {
    this.enter(afterMs, (engine) => engine.facts$.next({ event, at: this.clock.now() }));
  }

  backfill(history: Backfill): void {
    this.enter(0, (engine) => engine.backfills$.next(history));
  }

  turn(): void {
    this.#inbox.flush(this.clock.now());
    this.comparison.turn(this.clock.now());
  }

  /** Lets time run, with its timers. */
  wait(ms: number): void {
    this.enter(ms, () => undefined);
  }

  /** What differs now, or ever did. */
  differences() {
    this.comparison.all(this.clock.now());
    return this.comparison.divergences;
  }
}
