/**
 * The seeded traders: in every market some makers and takers with accounts of their own, who act
 * in turns. All chance is drawn from streams named by market, so that markets do not disturb each
 * other.
 */
import type { Random } from '../../ports/random.js';
import type { Account } from '../chain/clearing-account.js';
import type { MarginState } from '../chain/margin.js';
import type { ExchangeOptions } from '../exchange-options.js';
import type { SubaccountId } from '../order-terms.js';
import { FairPrice } from './fair-price.js';
import { FlowMarket } from './flow-market.js';
import { FLOW_PRESETS, type FlowPreset } from './flow-presets.js';
import { MarketMaker, type Opinion } from './market-maker.js';
import { MarketTakers } from './market-takers.js';
import type { MatchingEngine } from '../chain/matching-engine.js';

const MAKERS = 4;
const RUNGS = 30;
/** 1e-6 USDC: enough that no seeded trader ever fails a collateral check. */
const TRADER_FUNDS = 10_000_000_000_000_000n;
/** Value of a quote near the touch, USD: the busiest market's, and what the quiet ones fall to. */
const LARGEST_QUOTE_USD = 20_000;
const SMALLEST_QUOTE_USD = 4_000;
/** A longer pause of the host counts as this much. */
const LONGEST_TURN_MS = 1_000;

export interface SeededTradersOptions {
  readonly engine: MatchingEngine;
  readonly margins: readonly MarginState[];
  readonly preset: ExchangeOptions['preset'];
  readonly random: Random;
  readonly startTimeMs: number;
  /** Opens and funds a trader's account. */
  readonly fund: (id: SubaccountId, quoteQuantums: bigint) => Account;
}

interface Crowd {
  readonly market: FlowMarket;
  readonly fair: FairPrice;
  readonly makers: readonly MarketMaker[];
  readonly takers: MarketTakers;
}

export class SeededTraders {
  readonly #crowds: readonly Crowd[];
  #timeMs: number;

  constructor(options: SeededTradersOptions) {
    this.#timeMs = options.startTimeMs;
    this.#crowds = options.margins.map((margin, rank) => crowdOf(options, margin, rank));
  }

  /** Everyone's turn: the news, then those who want to trade, then those who quote. */
  act(timeMs: number): void {
    const elapsedMs = Math.max(0, Math.min(LONGEST_TURN_MS, timeMs - this.#timeMs));
    this.#timeMs = Math.max(timeMs, this.#timeMs);
    for (const { market, fair, makers, takers } of this.#crowds) {
      fair.advance(elapsedMs / 1000);
      const before = opinionOf(market, fair);
      fair.nudge(takers.trade(elapsedMs / 1000, before));
      const opinion = opinionOf(market, fair);
      for (const maker of makers) maker.quote(this.#timeMs, opinion);
    }
  }
}

const opinionOf = (market: FlowMarket, { ratio, pressure }: FairPrice): Opinion => ({
  price: market.startPrice * ratio,
  pressure,
});

function crowdOf(options: SeededTradersOptions, margin: MarginState, rank: number): Crowd {
  const { engine, preset: name } = options;
  const preset: FlowPreset = FLOW_PRESETS[name];
  const random = options.random.fork(margin.market.ticker);
  const market = new FlowMarket(engine, margin);
  const notionalUsd = Math.max(SMALLEST_QUOTE_USD, LARGEST_QUOTE_USD / (1 + 0.35 * rank));
  const trader = (role: string): SubaccountId => {
    const id = { owner: `seeded/${margin.market.ticker}/${role}`, number: 0 };
    options.fund(id, TRADER_FUNDS);
    return id;
  };
  const shared = { market, preset, notionalUsd };
  return {
    market,
    fair: new FairPrice(preset, random.fork('fair')),
    makers: Array.from({ length: MAKERS }, (_, number) => {
      const rungs = Array.from({ length: RUNGS }, (_, rung) => rung);
      return new MarketMaker({
        ...shared,
        trader: trader(`maker-${number}`),
        random: random.fork(`maker-${number}`),
        rungs: rungs.filter((rung) => rung % MAKERS === number || rung === number - 1),
      });
    }),
    takers: new MarketTakers({
      ...shared,
      random: random.fork('takers'),
      noise: trader('noise'),
      momentum: trader('momentum'),
      arbitrage: trader('arbitrage'),
    }),
  };
}
