/** An exchange that does as told: it records inputs and answers with what a test has put in it. */
import type {
  ChainLimits,
  ExchangeTransfer,
  FeeTier,
  FundingPayment,
  FundingTick,
  MoneyTotals,
  PnlTick,
  Wallet,
} from '../../src/simulator/chain-messages.js';
import type {
  ApplyResult,
  CheckResult,
  Exchange,
  ExchangeCandle,
  ExchangeFill,
  ExchangeInput,
  ExchangeOrder,
  ExchangeOutput,
  ExchangePosition,
  ExchangeTrade,
  MarketView,
  PerpetualMarket,
  SubaccountView,
} from '../../src/simulator/exchange-types.js';
import type { SubaccountId, VenueOrderId } from '../../src/simulator/order-terms.js';

export const BTC: PerpetualMarket = {
  ticker: 'BTC-USD',
  clobPairId: 0,
  atomicResolution: -10,
  quantumConversionExponent: -9,
  stepBaseQuantums: 1_000_000n,
  subticksPerTick: 100_000n,
  initialMarginPpm: 20_000,
  maintenanceMarginPpm: 12_000,
  openInterestLowerCap: 0n,
  openInterestUpperCap: 0n,
  status: 'ACTIVE',
  marketType: 'CROSS',
  defaultFundingPpm: 0,
  impactNotional: 10_000_000_000n,
};

export const ETH: PerpetualMarket = {
  ...BTC,
  ticker: 'ETH-USD',
  clobPairId: 1,
  atomicResolution: -9,
};

export const ACCEPTED: CheckResult = { code: 0, codespace: '', log: '' };
const FEE_TIER: FeeTier = { name: '1', volumeRequired: 0n, takerFeePpm: 500, makerFeePpm: 100 };
const NO_MONEY: MoneyTotals = {
  subaccounts: 0n,
  wallets: 0n,
  fees: 0n,
  insurance: 0n,
  fundingPool: 0n,
  dust: 0n,
  paidIn: 0n,
};
const sameOrder = (a: VenueOrderId, b: VenueOrderId): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
const sameSubaccount = (a: SubaccountId, b: SubaccountId): boolean =>
  a.owner === b.owner && a.number === b.number;

export class FakeExchange implements Exchange {
  height = 66_624_203;
  timeMs = Date.parse('2025-12-08T16:12:43.000Z');
  readonly inputs: ExchangeInput[] = [];
  check: CheckResult = ACCEPTED;
  outputs: ExchangeOutput[] = [];
  views: MarketView[] = [BTC, ETH].map((market) => ({
    market,
    oraclePriceE12: market === BTC ? 89_921_550_000_000_000n : 3_000_000_000_000_000n,
    openInterest: 3_817_102_000_000n,
    fundingIndex: -7n,
    volume24hQuote: 247_511_020_190_000n,
    trades24h: 63_071,
    priceChange24hE12: -812_400_000_000_000n,
    nextFundingRate1hE12: 0n,
  }));
  readonly subaccounts: SubaccountView[] = [];
  readonly known: ExchangeOrder[] = [];
  readonly filled: ExchangeFill[] = [];
  readonly traded: ExchangeTrade[] = [];
  readonly charted: ExchangeCandle[] = [];
  readonly closed: ExchangePosition[] = [];
  readonly moved: ExchangeTransfer[] = [];
  readonly paid: FundingPayment[] = [];
  readonly rates: FundingTick[] = [];
  readonly looks: PnlTick[] = [];

  /** What the next blocks' transactions come to. */
  delivered: CheckResult = ACCEPTED;
  readonly wallets = new Map<string, Wallet>();
  #waiting: string[] = [];

  /** Takes the next outputs; a block moves height, time and transactions as the real one does. */
  apply(input: ExchangeInput): ApplyResult {
    this.inputs.push(input);
    const outputs = this.outputs;
    this.outputs = [];
    if (input.type === 'transaction' && this.check.code === 0) {
      this.#waiting.push(input.transaction.hash);
    }
    if (input.type !== 'block') return { check: this.check, outputs };
    this.height += 1;
    this.timeMs = input.timeMs;
    const { height, timeMs, delivered: result } = this;
    const executed = this.#waiting.map((hash, place): ExchangeOutput => {
      return { type: 'transaction', hash, height, index: place + 1, result };
    });
    this.#waiting = [];
    return {
      check: ACCEPTED,
      outputs: [...outputs, ...executed, { type: 'block', height, timeMs }],
    };
  }

  markets = (): readonly MarketView[] => this.views;
  book = (clobPairId: number, depth: number) =>
    clobPairId === 0
      ? {
          bids: [{ subticks: 8_995_000_000n, quantums: 4_321_000_000n }].slice(0, depth),
          asks: [{ subticks: 8_995_100_000n, quantums: 1_000_000n }].slice(0, depth),
        }
      : { bids: [], asks: [] };
  subaccount = (id: SubaccountId): SubaccountView | undefined =>
    this.subaccounts.find((view) => sameSubaccount(view.subaccount, id));
  accountNumber(owner: string): number | undefined {
    const index = this.subaccounts.findIndex((view) => view.subaccount.owner === owner);
    return index < 0 ? undefined : 100 + index;
  }
  order = (id: VenueOrderId): ExchangeOrder | undefined =>
    this.known.find((order) => sameOrder(order.id, id));
  orders = (id: SubaccountId): readonly ExchangeOrder[] =>
    this.known.filter((order) => sameSubaccount(order.id.subaccount, id));
  fills = (id: SubaccountId): readonly ExchangeFill[] =>
    this.filled.filter((fill) => sameSubaccount(fill.subaccount, id));
  trades = (clobPairId: number): readonly ExchangeTrade[] =>
    this.traded.filter((trade) => trade.clobPairId === clobPairId);
  candles = (clobPairId: number, resolution: string): readonly ExchangeCandle[] =>
    this.charted.filter((c) => c.clobPairId === clobPairId && c.resolution === resolution);
  closedPositions = (): readonly ExchangePosition[] => this.closed;
  wallet = (address: string): Wallet => this.wallets.get(address) ?? { usdc: 0n, native: 0n };
  transfers = (id: SubaccountId): readonly ExchangeTransfer[] =>
    this.moved.filter(({ sender, recipient }) =>
      [sender, recipient].some((party) => party.address === id.owner && party.number === id.number),
    );
  /** Of every subaccount the same. */
  fundingPayments = (): readonly FundingPayment[] => this.paid;
  fundingHistory = (clobPairId: number): readonly FundingTick[] =>
    this.rates.filter((tick) => tick.clobPairId === clobPairId);
  pnlTicks = (): readonly PnlTick[] => this.looks;
  feeTiers = (): readonly FeeTier[] => [FEE_TIER];
  feeTierOf = (): FeeTier => FEE_TIER;
  volume30d = (): bigint => 0n;
  limits = (): ChainLimits => ({ shortTerm: [], stateful: [], equityTiers: [] });
  leverage = (): ReadonlyMap<number, number> => new Map();
  totals = (): MoneyTotals => NO_MONEY;
  hash = (): string => String(this.inputs.length);
}
