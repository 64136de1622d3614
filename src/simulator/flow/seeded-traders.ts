/**
 * The seeded traders: in every market some makers, takers and gamblers with accounts of their own,
 * who act in turns. All chance is drawn from streams named by market, and one for the news that
 * they share, so that markets do not disturb each other. The busiest markets act in every turn, the
 * others take turns, so that no turn has to do everything.
 */
import type { Random } from '../../ports/random.js';
import type { Account } from '../chain/clearing-account.js';
import type { MarginState } from '../chain/margin.js';
import type { ExchangeOptions } from '../exchange-options.js';
import type { SubaccountId } from '../order-terms.js';
import { CommonNews } from './common-news.js';
import { FairPrice } from './fair-price.js';
import { FlowMarket } from './flow-market.js';
import { FLOW_PRESETS, type FlowPreset } from './flow-presets.js';
import { LeveragedTraders } from './leveraged-traders.js';
import { MarketMaker, type Opinion } from './market-maker.js';
import { MarketTakers } from './market-takers.js';
import type { MatchingEngine } from '../chain/matching-engine.js';

const MAKERS = 4;
const RUNGS = 30;
/** The deepest markets have this many rungs more, kept by makers of their own. */
const DEEP_MARKETS = 2;
const DEEP_MAKERS = 2;
const DEEP_RUNGS = 80;
/** So many markets are busy; the others have fewer orders, gamblers and turns. */
const MAJORS = 16;
const MINOR_ACTIVITY = 0.45;
const MINOR_TURNS = 4;
const MAJOR_GAMBLERS = 6;
const MINOR_GAMBLERS = 2;
/** 1e-6 USDC: enough that no maker or taker ever fails a collateral check. */
const TRADER_FUNDS = 10_000_000_000_000_000n;
/** Value of a quote near the touch, USD: the busiest market's, and what the quiet ones fall to. */
const LARGEST_QUOTE_USD = 20_000;
const SMALLEST_QUOTE_USD = 4_000;
/** Quotes are at most this part of the open interest at which margins begin to grow. */
const QUOTES_IN_CAP = 500;
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
  readonly gamblers: LeveragedTraders;
  /** Acts in one of so many turns. */
  readonly turns: number;
  timeMs: number;
}

export class SeededTraders {
  readonly #news: CommonNews;
  readonly #crowds: readonly Crowd[];
  #timeMs: number;
  #turn = 0;

  constructor(options: SeededTradersOptions) {
    const { margins, preset, random } = options;
    this.#timeMs = options.startTimeMs;
    this.#news = new CommonNews(FLOW_PRESETS[preset], random.fork('news'));
    this.#crowds =
      preset === 'none' ? [] : margins.map((margin, rank) => crowdOf(options, margin, rank));
  }

  /** The turn of everyone, or of a part: the news, who wants to trade, then who quotes. */
  act(timeMs: number): void {
    this.#news.advance(secondsBetween(this.#timeMs, timeMs));
    this.#timeMs = Math.max(timeMs, this.#timeMs);
    this.#turn += 1;
    for (const [rank, crowd] of this.#crowds.entries()) {
      if ((this.#turn + rank) % crowd.turns === 0) this.#actIn(crowd);
    }
  }

  /** A market's price jumps: its traders believe it from their next turn on. */
  jump(clobPairId: number, ratio: number): void {
    for (const { market, fair } of this.#crowds) {
      if (market.market.clobPairId === clobPairId) fair.jump(ratio);
    }
  }

  #actIn(crowd: Crowd): void {
    const { market, fair, makers, takers, gamblers } = crowd;
    const seconds = secondsBetween(crowd.timeMs, this.#timeMs);
    crowd.timeMs = this.#timeMs;
    fair.advance(seconds, this.#news);
    const before = opinionOf(market, fair);
    fair.nudge(takers.trade(seconds, before));
    gamblers.trade(seconds, before);
    const opinion = opinionOf(market, fair);
    for (const maker of makers) maker.quote(this.#timeMs, opinion);
  }
}

const secondsBetween = (fromMs: number, toMs: number): number =>
  Math.max(0, Math.min(LONGEST_TURN_MS, toMs - fromMs)) / 1000;

const opinionOf = (market: FlowMarket, { ratio, pressure }: FairPrice): Opinion => ({
  price: market.startPrice * ratio,
  pressure,
});

function crowdOf(options: SeededTradersOptions, margin: MarginState, rank: number): Crowd {
  const isMajor = rank < MAJORS;
  const preset = presetOf(options.preset, isMajor);
  const random = options.random.fork(margin.market.ticker);
  const market = new FlowMarket(options.engine, margin);
  const notionalUsd = quoteUsd(margin, rank);
  const trader = (role: string, funds = TRADER_FUNDS): Account =>
    options.fund({ owner: `seeded/${margin.market.ticker}/${role}`, number: 0 }, funds);
  const shared = { market, preset, notionalUsd };
  const gamblers = Array.from({ length: isMajor ? MAJOR_GAMBLERS : MINOR_GAMBLERS }, (_, number) =>
    trader(`gambler-${number}`, 1n),
  );
  return {
    market,
    fair: new FairPrice(preset, random.fork('fair')),
    makers: laddersOf(rank).map(
      ({ role, rungs }) =>
        new MarketMaker({ ...shared, trader: trader(role), random: random.fork(role), rungs }),
    ),
    takers: new MarketTakers({
      ...shared,
      random: random.fork('takers'),
      noise: trader('noise'),
      momentum: trader('momentum'),
      arbitrage: trader('arbitrage'),
    }),
    gamblers: new LeveragedTraders({
      ...shared,
      random: random.fork('gamblers'),
      accounts: gamblers,
      fund: ({ id }, quoteQuantums) => options.fund(id, quoteQuantums),
    }),
    turns: isMajor ? 1 : MINOR_TURNS,
    timeMs: options.startTimeMs,
  };
}

function presetOf(name: ExchangeOptions['preset'], isMajor: boolean): FlowPreset {
  const preset = FLOW_PRESETS[name];
  return isMajor ? preset : { ...preset, activity: preset.activity * MINOR_ACTIVITY };
}

/** Value of a quote near the touch, USD. */
function quoteUsd({ market }: MarginState, rank: number): number {
  const byRank = Math.max(SMALLEST_QUOTE_USD, LARGEST_QUOTE_USD / (1 + 0.35 * rank));
  const cap = Number(market.openInterestLowerCap) / 1e6 / QUOTES_IN_CAP;
  return cap === 0 ? byRank : Math.min(byRank, cap);
}

/** Who keeps which rungs. */
function laddersOf(rank: number): { readonly role: string; readonly rungs: readonly number[] }[] {
  const rungs = Array.from({ length: RUNGS }, (_, rung) => rung);
  const ladders = Array.from({ length: MAKERS }, (_, number) => ({
    role: `maker-${number}`,
    rungs: rungs.filter((rung) => rung % MAKERS === number || rung === number - 1),
  }));
  if (rank >= DEEP_MARKETS) return ladders;
  const deep = Array.from({ length: DEEP_RUNGS }, (_, index) => RUNGS + index);
  return [
    ...ladders,
    ...Array.from({ length: DEEP_MAKERS }, (_, number) => ({
      role: `deep-${number}`,
      rungs: deep.filter((rung) => rung % DEEP_MAKERS === number),
    })),
  ];
}
