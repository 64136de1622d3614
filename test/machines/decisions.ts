/** Makers of verdicts for the tests of machines. */
import type { Side } from '../../src/model/book.js';
import type { Decision, Hold, Reason } from '../../src/model/decision.js';
import { marketId, price, unixMs, type MarketId } from '../../src/model/quantities.js';

export const BTC = marketId('BTC-USD');
export const ETH = marketId('ETH-USD');
export const SOL = marketId('SOL-USD');

export const GONE: Reason = { code: 'signal.gone', text: 'confidence 0.30 < 0.80' };

export const decisionOf = (market: MarketId, side: Side): Decision => ({
  type: 'enter',
  strategy: 'sniper',
  market,
  side,
  confidence: 0.9,
  direction: side === 'buy' ? 0.9 : -0.9,
  quality: 1,
  rank: 1,
  reasons: [],
  newestFrameAt: unixMs(0),
  decidedAt: unixMs(0),
  heldMs: 0,
  limitPrice: price(100n),
});

export const holdOf = (market: MarketId, leave: readonly Side[], reasons = [GONE]): Hold => ({
  type: 'hold',
  strategy: 'sniper',
  market,
  confidence: 0.3,
  direction: 0,
  leave,
  reasons,
  newestFrameAt: unixMs(0),
  decidedAt: unixMs(0),
});

export const TIMINGS = {
  maxHoldMs: 60_000,
  coolDownMs: 5_000,
  exitRetryMs: 1_000,
  wishTimeoutMs: 30_000,
};
