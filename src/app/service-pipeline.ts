/** The running service's pipeline: with the configured strategy, its terms and its positions. */
import type { FrameDecoder } from '../ports/market-feed.js';
import type { AuthoredStrategy } from '../ports/strategy.js';
import { MarketPipeline } from './market-pipeline.js';
import { ownPosition } from './own-position.js';
import { createChosen, only, termsOf } from './strategy-choice.js';
import type { TradingCore } from './trading-core.js';
import type { World } from './world.js';

export interface ServicePipelineOptions {
  readonly world: World;
  readonly decoder: FrameDecoder;
  /** Makes a user's strategy, where the settings name one. */
  readonly authored: (() => AuthoredStrategy) | undefined;
  /** Made after the pipeline. */
  readonly core: () => TradingCore;
  /** In a turn of its own: a strategy is given up in the middle of a look. */
  readonly onFault: (evidence: string) => void;
}

export function servicePipeline({
  world: { clock, config, inbox },
  decoder,
  authored,
  core,
  onFault,
}: ServicePipelineOptions): MarketPipeline {
  const settings = only(config.strategies);
  const pipeline: MarketPipeline = new MarketPipeline({
    decoder,
    strategy: createChosen(
      { settings, authored },
      {
        mayQuote: config.mode === 'shadow',
        onFault: (evidence) => inbox.enter('fact', 'strategy', () => onFault(evidence)),
      },
    ),
    scheduler: clock.scheduler,
    flush$: inbox.flush$,
    circumstances: {
      terms: termsOf(settings),
      positionOf: (market) =>
        ownPosition(
          core().books.positions.ownedPosition(settings.name, market),
          pipeline.fold.spec(market),
        ),
    },
  });
  return pipeline;
}
