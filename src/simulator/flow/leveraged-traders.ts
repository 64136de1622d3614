/**
 * Small accounts that bet with most of the leverage a market allows: a wave of news against them
 * brings some below their maintenance margin, and the exchange liquidates them. Who has lost comes
 * back with a new stake, so that the supply never ends; one account holds one bet at a time.
 */
import type { Random } from '../../ports/random.js';
import type { Account } from '../chain/clearing-account.js';
import type { FlowMarket } from './flow-market.js';
import type { FlowPreset } from './flow-presets.js';
import type { Opinion } from './market-maker.js';
import { opposite } from '../chain/memclob.js';

const LIFETIME_BLOCKS = 3;
const SLIPPAGE_BPS = 10;
/** Looks at one account after the other, per second and account in a busy market. */
const LOOKS_PER_SECOND = 1 / 50;
/** How often a look at an open bet closes it. */
const CLOSES = 0.15;
/** The initial margin of a bet as a part of its stake. */
const MARGIN_USED: readonly [min: number, max: number] = [0.5, 0.9];
const MILLION = 1_000_000;
const UINT32 = 0x1_0000_0000;

export interface LeveragedTradersOptions {
  readonly market: FlowMarket;
  readonly random: Random;
  readonly preset: FlowPreset;
  /** Value of a typical bet, USD. */
  readonly notionalUsd: number;
  readonly accounts: readonly Account[];
  /** Pays 1e-6 USDC into an account. */
  readonly fund: (account: Account, quoteQuantums: bigint) => void;
}

export class LeveragedTraders {
  readonly #options: LeveragedTradersOptions;
  #next = 0;
  #clientId = 0;

  constructor(options: LeveragedTradersOptions) {
    this.#options = options;
  }

  trade(seconds: number, opinion: Opinion): void {
    const { accounts, random, preset } = this.#options;
    const looks = LOOKS_PER_SECOND * accounts.length * preset.activity * seconds;
    const account = accounts[this.#next % accounts.length];
    if (account === undefined || random.next() >= looks) return;
    this.#next += 1;
    const held = this.#options.market.held(account);
    if (held === 0n) this.#bet(account, opinion);
    else if (random.next() < CLOSES) {
      this.#take(account, held > 0n ? 'SELL' : 'BUY', held > 0n ? held : -held);
    }
  }

  /** News is followed more often than not; the rest bets on its end. */
  #bet(account: Account, { pressure }: Opinion): void {
    const { market, random, notionalUsd, fund } = this.#options;
    const size = notionalUsd * Math.exp(0.5 * random.normal());
    const [min, max] = MARGIN_USED;
    const used = min + (max - min) * random.next();
    const fraction = market.market.initialMarginPpm / MILLION;
    const stake = BigInt(Math.ceil(((size * fraction) / used) * MILLION));
    if (account.quoteQuantums < stake) fund(account, stake - account.quoteQuantums);
    const side = random.next() < 0.5 + 0.2 * pressure ? 'BUY' : 'SELL';
    this.#take(account, side, market.quantums(size));
  }

  #take(account: Account, side: 'BUY' | 'SELL', quantums: bigint): void {
    const { market } = this.#options;
    const touch = market.best(opposite(side));
    if (touch === undefined) return;
    const sign = side === 'BUY' ? 1 : -1;
    this.#clientId = (this.#clientId + 1) % UINT32;
    market.place(account, {
      side,
      quantums,
      subticks: market.passiveSubticks(side, touch * (1 + (sign * SLIPPAGE_BPS) / 10_000)),
      goodTilBlock: market.engine.nextHeight + LIFETIME_BLOCKS,
      timeInForce: 'IOC',
      clientId: this.#clientId,
    });
  }
}
