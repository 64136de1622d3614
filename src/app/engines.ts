/** The two engines of layers 3 to 5, each on its own road from bytes to decisions. */
import type { Observable } from 'rxjs';
import { BatchMarketEngine } from '../batch/batch-engine.stream.js';
import { createFrameDecoder } from '../dydx/frame.codec.js';
import type { Subaccount } from '../model/account.js';
import type { MarketSpec } from '../model/market.js';
import type { UnixMs } from '../model/quantities.js';
import type { Clock } from '../ports/clock.js';
import type { FrameDecoder } from '../ports/market-feed.js';
import { verdictKey } from '../strategy/decision.stream.js';
import type { Strategy } from '../ports/strategy.js';
import { DEFAULT_TERMS, FLAT, type Circumstances } from '../strategy/circumstances.js';
import { legacySignals } from '../signals/legacy-signal.stream.js';
import { createLegacyOverall } from '../strategy/legacy-overall.js';
import { MarketPipeline, type PipelineOptions } from './market-pipeline.js';
import { VersionWatch } from './version-watch.js';

/** What both are given. */
export interface EngineParts {
  readonly clock: Clock;
  /** One for each engine: strategies may have folds of their own. */
  readonly strategy: () => Strategy;
  readonly circumstances?: Partial<Circumstances> | undefined;
  readonly flush$: Observable<UnixMs>;
  readonly subaccount?: Subaccount | undefined;
  /** Market parameters that are known already. */
  readonly specs?: readonly MarketSpec[];
}

/** An engine and the decoder in front of it, which has to learn of markets as well. */
export interface Built<T> {
  readonly engine: T;
  readonly decoder: FrameDecoder;
}

const decoderOf = ({ subaccount, specs = [] }: EngineParts, road: 'scan' | 'json') => {
  const decoder = createFrameDecoder({ road, ...(subaccount === undefined ? {} : { subaccount }) });
  decoder.learn(specs);
  return decoder;
};

/** Scanner, lenses, streams. */
export function streamingEngine(
  parts: EngineParts,
  scores?: PipelineOptions['scores'],
): Built<MarketPipeline> {
  const decoder = decoderOf(parts, 'scan');
  const { circumstances = {}, clock, flush$ } = parts;
  const engine = new MarketPipeline({
    decoder,
    strategy: parts.strategy(),
    scheduler: clock.scheduler,
    flush$,
    circumstances,
    ...(scores === undefined ? {} : { scores }),
  });
  return { engine, decoder };
}

/** The market stage of the streaming engine under the old bot's scores and strategy. */
export function legacyEngine(parts: Omit<EngineParts, 'strategy'>): Built<MarketPipeline> {
  return streamingEngine({ ...parts, strategy: createLegacyOverall }, legacySignals);
}

/** `JSON.parse`, maps, callbacks. */
export function batchEngine(parts: EngineParts): Built<BatchMarketEngine> {
  const decoder = decoderOf(parts, 'json');
  const { clock, circumstances, flush$ } = parts;
  const engine = new BatchMarketEngine({
    decoder,
    strategy: parts.strategy(),
    keyOf: verdictKey,
    clock,
    flush$,
    versions: new VersionWatch(),
    terms: DEFAULT_TERMS,
    positionOf: () => FLAT,
    ...circumstances,
  });
  return { engine, decoder };
}
