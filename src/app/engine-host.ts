/** The engine that the settings ask for, as the service holds it, and what is to be said of it. */
import { NEVER, Subject } from 'rxjs';
import type { EngineStatus, Fallback } from '../model/engine-status.js';
import type { MarketSpec } from '../model/market.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import type { MarketEngine } from '../ports/engine.js';
import type { FrameDecoder } from '../ports/market-feed.js';
import type { AuthoredStrategy } from '../ports/strategy.js';
import { verdictKey } from '../strategy/decision.stream.js';
import { EngineSwitch } from './engine-switch.js';
import { batchEngine, streamingEngine, type EngineParts } from './engines.js';
import { ownPosition } from './own-position.js';
import { watchedClock } from './watched-clock.js';
import { createChosen, only, termsOf } from './strategy-choice.js';
import type { TradingCore } from './trading-core.js';
import type { World } from './world.js';

export interface EngineHostOptions {
  readonly world: World;
  /** Makes a user's strategy, where the settings name one. */
  readonly authored?: (() => AuthoredStrategy) | undefined;
  /** Made after the engines. */
  readonly core: () => TradingCore;
  /** In a turn of its own: a strategy is given up in the middle of a look. */
  readonly onFault: (evidence: string) => void;
  readonly onFallback: (fallback: Fallback) => void;
  readonly makers?: EngineMakers;
}

/** Instead of the engines that the setting `both` asks for. */
export interface EngineMakers {
  readonly makeStreaming?: typeof streamingEngine;
  readonly makeBatch?: typeof batchEngine;
}

export class EngineHost {
  readonly engine: MarketEngine;
  readonly #options: EngineHostOptions;
  readonly #switch: EngineSwitch | undefined;
  /** Of the engines that run now: they learn of markets together. */
  #decoders: readonly FrameDecoder[] = [];

  constructor(options: EngineHostOptions) {
    this.#options = options;
    const { config } = options.world;
    if (config.engine === 'both') {
      this.#switch = this.#makeSwitch();
      this.engine = this.#switch;
      return;
    }
    const parts = this.#parts(options.world.inbox.flush$);
    const built = config.engine === 'batch' ? batchEngine(parts) : streamingEngine(parts);
    this.#decoders = [built.decoder];
    this.engine = built.engine;
  }

  get status(): EngineStatus {
    if (this.#switch !== undefined) return this.#switch.status;
    const { engine } = this.#options.world.config;
    const active = engine === 'batch' ? 'batch' : 'streaming';
    const nothing = {
      fallback: undefined,
      alone: undefined,
      fallbacks: {},
      compared: 0,
      divergent: 0,
    };
    return { setting: engine, active, ...nothing, divergences: [] };
  }

  /** Market parameters for the decoders. */
  learn(specs: readonly MarketSpec[]): void {
    for (const decoder of this.#decoders) decoder.learn(specs);
  }

  spec(market: MarketId): MarketSpec | undefined {
    return this.#decoder?.spec(market);
  }

  /** The fallback of an earlier run goes on, unless the setting has changed since. */
  recall(fallback: Fallback): boolean {
    if (this.#switch === undefined) return false;
    const { cause, evidence, at } = fallback;
    this.#options.world.log.write('warn', 'engine.recalled', { cause, evidence, since: at });
    this.#switch.recall(fallback);
    return true;
  }

  /** False when there is nothing to go back from. */
  restore(): boolean {
    return this.#switch?.restore() ?? false;
  }

  close(): void {
    this.#switch?.close();
  }

  /** Of the engine that is heard: it has been given every frame. */
  get #decoder(): FrameDecoder | undefined {
    return this.#decoders.at(this.#switch?.heard === 'batch' ? -1 : 0);
  }

  #parts(flush$: EngineParts['flush$']): EngineParts {
    const { world, authored, core, onFault } = this.#options;
    const { clock, config, inbox, subaccount } = world;
    const settings = only(config.strategies);
    return {
      clock,
      flush$,
      subaccount,
      // Of the decoder that has heard everything until now: the venue may have changed them since.
      specs: this.#decoder?.specs ?? [],
      strategy: () =>
        createChosen(
          { settings, authored },
          {
            // Paper has no queue in which an order could rest.
            mayQuote: config.mode !== 'paper',
            onFault: (evidence) => inbox.enter('fact', 'strategy', () => onFault(evidence)),
          },
        ),
      circumstances: {
        terms: termsOf(settings),
        positionOf: (market) =>
          ownPosition(
            core().books.positions.ownedPosition(settings.name, market),
            this.engine.fold.spec(market),
          ),
      },
    };
  }

  #makeSwitch(): EngineSwitch {
    const { makers = {}, onFallback, world } = this.#options;
    const { makeStreaming = streamingEngine, makeBatch = batchEngine } = makers;
    const { clock, config, inbox, log, resources } = world;
    return new EngineSwitch({
      makePair: (guard, shadow) => {
        const flushed$ = new Subject<UnixMs>();
        // Most looks come in timers: they are the engine's work as well.
        const parts = { ...this.#parts(flushed$), clock: watchedClock(clock, guard) };
        const streaming = makeStreaming(parts);
        const batch = makeBatch({ ...this.#parts(NEVER), clock: watchedClock(clock, shadow) });
        this.#decoders = [streaming.decoder, batch.decoder];
        return {
          streaming: streaming.engine,
          batch: batch.engine,
          flushStreaming: (now) => flushed$.next(now),
          flushBatch: (now) => batch.engine.fold.flush(now),
        };
      },
      keyOf: verdictKey,
      limits: config.fallback,
      resources,
      clock,
      flush$: inbox.flush$,
      onDivergence: ({ place, streaming, batch }) =>
        log.write('error', 'engine.divergence', { place, streaming, batch }),
      onAlone: (reason) => log.write('error', 'engine.alone', { reason }),
      onFallback: (fallback) => {
        const { cause, evidence } = fallback;
        log.write('error', 'engine.fallback', { cause, evidence });
        onFallback(fallback);
      },
    });
  }
}
