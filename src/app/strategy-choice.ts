/** From the settings to the strategy that runs, and to the terms on which it trades. */
import { readCalibrationFile } from '../config/calibration-file.js';
import { loadConfig } from '../config/load-config.js';
import type { NamedSettings, StrategySettings } from '../config/strategy-schema.js';
import { Failure } from '../model/result.js';
import type { AuthoredStrategy, Strategy, Terms } from '../ports/strategy.js';
import { runAuthored, type AuthoredOptions } from '../strategy/authored-strategy.js';
import { calibratedStrategy } from '../strategy/calibrated-strategy.js';
import { createMarketMaker } from '../strategy/two-sided-quoter.js';
import { createMeanReversion } from '../strategy/mean-reversion.js';
import { createMomentumBreakout } from '../strategy/momentum-breakout.js';
import { createOrderBookScalper } from '../strategy/order-book-scalper.js';
import { createSniper } from '../strategy/sniper.js';
import { loadStrategyFile } from './strategy-file.js';

/** Settings, and what makes the author's strategy where they name a file. */
export interface Choice {
  readonly settings: StrategySettings;
  readonly authored: (() => AuthoredStrategy) | undefined;
}

/** The schema asks for exactly one. */
export function only([settings]: readonly StrategySettings[]): StrategySettings {
  if (settings === undefined) throw new Error('expected a strategy, was none');
  return settings;
}

export const termsOf = (settings: StrategySettings): Terms => ({
  orderNotionalUsd: settings.orderNotionalUsd,
  takerFeeBps: settings.takerFeeBps,
  makerFeeBps: settings.makerFeeBps,
  slippageBps: settings.slippageBps,
  maxHoldMs: settings.maxHoldSeconds * 1_000,
});

/** Loads the file, if there is one. Throws `ConfigError` when it is no strategy. */
export async function choose(settings: StrategySettings): Promise<Choice> {
  const authored = 'file' in settings ? await loadStrategyFile(settings) : undefined;
  return { settings, authored };
}

/** As `--strategy` names it, with defaults for all else: one of ours, or a file. */
export function chooseByName(nameOrFile: string): Promise<Choice> {
  const isFile = /[./\\]/.test(nameOrFile);
  const entry = isFile ? { file: nameOrFile } : { name: nameOrFile };
  const flags = { mode: 'shadow', strategies: [entry] };
  return choose(only(loadConfig({ environment: {}, flags }).strategies));
}

/** As a file of settings has it; what it is calibrated with is what is to be measured. */
export function chooseByConfig(file: string): Promise<Choice> {
  const config = loadConfig({ file, environment: {}, flags: { mode: 'shadow' } });
  const { calibration: _, ...settings } = only(config.strategies);
  return choose(settings);
}

export type RunOptions = Pick<AuthoredOptions, 'mayQuote' | 'onFault'>;

export function createChosen({ settings, authored }: Choice, options: RunOptions): Strategy {
  const read = readCalibrationFile(settings);
  if (read === undefined) return createRaw({ settings, authored }, options);
  if (!read.ok) {
    // It was good when the settings were read.
    throw new Failure(read.error.code, read.error.message, { retryable: false });
  }
  // The strategy inside refuses nothing by its raw confidence: the measured one decides.
  const confidenceMin = 'minConfidence' in settings ? settings.minConfidence : 0;
  const raw = 'minConfidence' in settings ? { ...settings, minConfidence: 0 } : settings;
  const inner = createRaw({ settings: raw, authored }, options);
  return calibratedStrategy(inner, { points: read.value, confidenceMin });
}

function createRaw({ settings, authored }: Choice, options: RunOptions): Strategy {
  if (authored !== undefined) {
    return runAuthored({ name: settings.name, strategy: authored(), ...options });
  }
  if ('file' in settings) throw new Error(`${settings.file} is not loaded`);
  return createNamed(settings);
}

function createNamed(settings: NamedSettings): Strategy {
  const rankMax = settings.maxPositions;
  switch (settings.name) {
    case 'sniper': {
      const { minConfidence: confidenceMin, targetBps, exitDirection } = settings;
      return createSniper({ confidenceMin, targetBps, exitDirection, rankMax });
    }
    case 'meanReversion':
      return createMeanReversion({ ...settings, rankMax });
    case 'momentumBreakout':
      return createMomentumBreakout({ ...settings, rankMax });
    case 'orderBookScalper':
      return createOrderBookScalper({ ...settings, rankMax });
    case 'marketMaker':
      return createMarketMaker(settings);
  }
}
