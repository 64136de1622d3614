/**
 * The seeded takers of one market: noise that trades for its own reasons, momentum that follows the
 * news and unwinds after it, and arbitrage that takes every quote the fair price has left behind.
 */
import type { Random } from '../../ports/random.js';
import type { Account } from '../chain/clearing-account.js';
import type { OrderSide } from '../order-terms.js';
import type { FlowMarket } from './flow-market.js';
import type { FlowPreset } from './flow-presets.js';
import type { Opinion } from './market-maker.js';
import { opposite } from '../chain/memclob.js';

const LIFETIME_BLOCKS = 3;
/** Takers accept prices this far beyond the touch. */
const SLIPPAGE_BPS = 6;
/** Arbitrage pays no more than this much over what is left behind. */
const ARBITRAGE_EDGE_BPS = 1.5;
/** What a market learns from a taker order of the size of one quote. */
const IMPACT_BPS = 0.12;
const UINT32 = 0x1_0000_0000;

/** Orders per second in a busy market. */
const NOISE_PER_SECOND = 0.9;
const MOMENTUM_PER_SECOND = 3.2;
const UNWIND_PER_SECOND = 0.25;
const ARBITRAGE_PER_SECOND = 5;

export interface MarketTakersOptions {
  readonly market: FlowMarket;
  readonly random: Random;
  readonly preset: FlowPreset;
  readonly notionalUsd: number;
  readonly noise: Account;
  readonly momentum: Account;
  readonly arbitrage: Account;
}

export class MarketTakers {
  readonly #options: MarketTakersOptions;
  #clientId = 0;

  constructor(options: MarketTakersOptions) {
    this.#options = options;
  }

  /** Trades for this turn; answers what the fair price learns from it, in basis points. */
  trade(seconds: number, opinion: Opinion): number {
    return (
      this.#noise(seconds) + this.#momentum(seconds, opinion) + this.#arbitrage(seconds, opinion)
    );
  }

  /** Buys and sells alike, but rather back towards flat. */
  #noise(seconds: number): number {
    if (!this.#happens(NOISE_PER_SECOND, seconds)) return 0;
    const { market, noise, notionalUsd, random } = this.#options;
    const stretch = market.positionUsd(noise) / (60 * notionalUsd);
    const side = random.next() < 0.5 - clamp(stretch) / 2 ? 'BUY' : 'SELL';
    return this.#take(noise, side, 0.3 * Math.exp(random.normal()));
  }

  #momentum(seconds: number, { pressure }: Opinion): number {
    const { market, momentum, notionalUsd, random } = this.#options;
    if (pressure !== 0) {
      if (!this.#happens(MOMENTUM_PER_SECOND * Math.abs(pressure), seconds)) return 0;
      const side = pressure > 0 ? 'BUY' : 'SELL';
      return this.#take(momentum, side, 0.9 * Math.exp(0.6 * random.normal()));
    }
    const position = market.positionUsd(momentum) / notionalUsd;
    if (Math.abs(position) < 1 || !this.#happens(UNWIND_PER_SECOND, seconds)) return 0;
    return this.#take(momentum, position > 0 ? 'SELL' : 'BUY', Math.min(Math.abs(position), 1));
  }

  #arbitrage(seconds: number, { price }: Opinion): number {
    const { market, arbitrage } = this.#options;
    const edge = price * (ARBITRAGE_EDGE_BPS / 10_000);
    const ask = market.best('SELL');
    const bid = market.best('BUY');
    const side =
      ask !== undefined && ask < price - edge
        ? 'BUY'
        : bid !== undefined && bid > price + edge
          ? 'SELL'
          : undefined;
    if (side === undefined || !this.#happens(ARBITRAGE_PER_SECOND, seconds)) return 0;
    this.#take(arbitrage, side, 1);
    return 0;
  }

  /** An order of so many quotes' size at the touch; answers its impact. */
  #take(trader: Account, side: OrderSide, quotes: number): number {
    const { market, notionalUsd } = this.#options;
    const touch = market.best(opposite(side));
    if (touch === undefined) return 0;
    const sign = side === 'BUY' ? 1 : -1;
    const size = Math.min(quotes, 6);
    this.#clientId = (this.#clientId + 1) % UINT32;
    market.place(trader, {
      side,
      quantums: market.quantums(size * notionalUsd),
      subticks: market.passiveSubticks(side, touch * (1 + (sign * SLIPPAGE_BPS) / 10_000)),
      goodTilBlock: market.engine.nextHeight + LIFETIME_BLOCKS,
      timeInForce: 'IOC',
      clientId: this.#clientId,
    });
    return sign * size * IMPACT_BPS;
  }

  #happens(perSecond: number, seconds: number): boolean {
    const { random, preset } = this.#options;
    return random.next() < 1 - Math.exp(-perSecond * preset.activity * seconds);
  }
}

const clamp = (value: number): number => Math.max(-1, Math.min(1, value));
