/** From the settings to the strategy that runs, and to the terms on which it trades. */
import type { Config } from '../config/config-schema.js';
import type { Strategy, Terms } from '../ports/strategy.js';
import { DEFAULT_TERMS } from '../strategy/circumstances.js';
import { createSniper } from '../strategy/sniper.js';

type Settings = Config['strategies'][number];

export const termsOf = (settings: Settings | undefined): Terms =>
  settings === undefined
    ? DEFAULT_TERMS
    : {
        ...DEFAULT_TERMS,
        orderNotionalUsd: settings.orderNotionalUsd,
        slippageBps: settings.slippageBps,
        maxHoldMs: settings.maxHoldSeconds * 1_000,
      };

export const chosenStrategy = (settings: Settings | undefined): Strategy =>
  createSniper(
    settings === undefined
      ? {}
      : { confidenceMin: settings.minConfidence, rankMax: settings.maxPositions },
  );
