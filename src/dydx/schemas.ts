/**
 * What the indexer and the validator send: strict in the fields that are used, tolerant of all
 * others. Amounts stay text here; `Unreadable` names the first place that differs.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { COMPLIANCE_STATUSES } from '../model/account.js';
import { MARKET_STATUSES } from '../model/market.js';
import { FILL_TYPES } from '../model/order.js';
import { Unreadable } from './unreadable.js';

const text = Type.String();
const whole = Type.String({ pattern: '^\\d{1,15}$' });
const nullable = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));
const list = <T extends TSchema>(schema: T) => Type.Optional(Type.Array(schema));

const market = Type.Object({
  clobPairId: Type.String({ pattern: '^\\d{1,10}$' }),
  ticker: text,
  status: Type.Enum([...MARKET_STATUSES]),
  atomicResolution: Type.Integer({ minimum: -30, maximum: 30 }),
  quantumConversionExponent: Type.Integer({ minimum: -40, maximum: 40 }),
  subticksPerTick: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  stepBaseQuantums: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  tickSize: text,
  stepSize: text,
  initialMarginFraction: text,
  maintenanceMarginFraction: text,
  marketType: Type.Enum(['CROSS', 'ISOLATED']),
  oraclePrice: nullable(text),
  nextFundingRate: nullable(text),
  openInterest: nullable(text),
  openInterestLowerCap: nullable(text),
  openInterestUpperCap: nullable(text),
});
const level = Type.Object({ price: text, size: text });
/** Some client types speak of a third element; the server never sends it. */
const levelChange = Type.Array(text, { minItems: 2, maxItems: 3 });
const trade = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{24}$' }),
  side: Type.Enum(['BUY', 'SELL']),
  price: text,
  size: text,
  createdAt: text,
  type: Type.Optional(text),
});
const candle = Type.Object({
  startedAt: text,
  ticker: text,
  resolution: text,
  open: text,
  high: text,
  low: text,
  close: text,
  baseTokenVolume: text,
  trades: Type.Integer({ minimum: 0 }),
});
const order = Type.Object({
  id: text,
  clientId: whole,
  ticker: text,
  status: text,
  totalFilled: nullable(text),
  removalReason: nullable(text),
  goodTilBlock: nullable(whole),
});
/** The socket says `ticker`, REST says `market`. */
const fill = Type.Object({
  id: text,
  orderId: nullable(text),
  ticker: Type.Optional(text),
  market: Type.Optional(text),
  side: Type.Enum(['BUY', 'SELL']),
  size: text,
  price: text,
  fee: text,
  liquidity: Type.Enum(['TAKER', 'MAKER']),
  type: Type.Enum([...FILL_TYPES]),
  createdAt: text,
  createdAtHeight: whole,
});
const fundingPayment = Type.Object({
  ticker: text,
  createdAt: text,
  createdAtHeight: whole,
  payment: text,
});
const TRANSFER_TYPES = ['TRANSFER_IN', 'TRANSFER_OUT', 'DEPOSIT', 'WITHDRAWAL'] as const;
const transfer = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 64 }),
  size: text,
  symbol: text,
  type: Type.Enum([...TRANSFER_TYPES]),
  createdAt: text,
  createdAtHeight: whole,
});
const position = Type.Object({ market: text, size: text });
const asset = Type.Object({ symbol: text, side: Type.Enum(['LONG', 'SHORT']), size: text });
const subaccount = Type.Object({
  equity: text,
  freeCollateral: text,
  openPerpetualPositions: Type.Record(text, position),
  assetPositions: Type.Record(text, asset),
  latestProcessedBlockHeight: whole,
});
const family = Type.Object({
  equity: text,
  freeCollateral: text,
  childSubaccounts: Type.Array(
    Type.Object({ ...subaccount.properties, subaccountNumber: Type.Integer({ minimum: 0 }) }),
  ),
});

export type MarketObject = Static<typeof market>;
export type CandleObject = Static<typeof candle>;
export type TradeObject = Static<typeof trade>;
export type OrderObject = Static<typeof order>;
export type FillObject = Static<typeof fill>;
export type FundingPaymentObject = Static<typeof fundingPayment>;
export type TransferObject = Static<typeof transfer>;
export type SubaccountObject = Static<typeof subaccount>;
export type FamilyObject = Static<typeof family>;
export type AssetObject = Static<typeof asset>;

/** Checks a value; compiled at first use, because most runs need only some of them. */
type Check<T> = (value: unknown) => T;

function check<T extends TSchema>(name: string, schema: T): Check<Static<T>> {
  let validator: Validator | undefined;
  return (value) => {
    validator ??= Compile(schema);
    if (validator.Check(value)) return value as Static<T>;
    const [first] = validator.Errors(value);
    throw new Unreadable(`${name}${first?.instancePath ?? ''} ${first?.message ?? 'is wrong'}`);
  };
}

export const checks = {
  marketObject: check('market', market),
  markets: check('markets', Type.Object({ markets: Type.Record(text, market) })),
  marketsUpdate: check(
    'markets update',
    Type.Object({
      trading: Type.Optional(
        Type.Record(
          text,
          Type.Object({
            status: Type.Optional(text),
            nextFundingRate: nullable(text),
            openInterest: nullable(text),
          }),
        ),
      ),
      oraclePrices: Type.Optional(Type.Record(text, Type.Object({ oraclePrice: text }))),
    }),
  ),
  status: check('market status', Type.Enum([...MARKET_STATUSES])),
  book: check('order book', Type.Object({ bids: Type.Array(level), asks: Type.Array(level) })),
  bookUpdate: check(
    'order book update',
    Type.Object({ bids: list(levelChange), asks: list(levelChange) }),
  ),
  trades: check('trades', Type.Object({ trades: Type.Array(trade) })),
  candle: check('candle', candle),
  candles: check('candles', Type.Object({ candles: Type.Array(candle) })),
  height: check('height', Type.Object({ height: whole, time: text })),
  heightUpdate: check('height update', Type.Object({ blockHeight: whole, time: text })),
  account: check(
    'account',
    Type.Object({
      subaccount: Type.Optional(subaccount),
      orders: list(order),
      blockHeight: Type.Optional(whole),
    }),
  ),
  accountUpdate: check(
    'account update',
    Type.Object({
      orders: list(order),
      fills: list(fill),
      perpetualPositions: list(position),
      assetPositions: list(asset),
      blockHeight: nullable(whole),
    }),
  ),
  subaccount: check('subaccount', Type.Object({ subaccount })),
  family: check('family', Type.Object({ subaccount: family })),
  order: check('order', order),
  orders: check('orders', Type.Array(order)),
  fills: check('fills', Type.Object({ fills: Type.Array(fill) })),
  query: check(
    'query',
    Type.Object({
      result: Type.Object({
        response: Type.Object({
          code: Type.Optional(Type.Number()),
          log: Type.Optional(text),
          value: nullable(text),
        }),
      }),
    }),
  ),
  fundingPayments: check(
    'funding payments',
    Type.Object({ fundingPayments: Type.Array(fundingPayment) }),
  ),
  compliance: check(
    'compliance',
    Type.Object({ status: Type.Enum([...COMPLIANCE_STATUSES]), reason: nullable(text) }),
  ),
  transfers: check('transfers', Type.Object({ transfers: Type.Array(transfer) })),
  block: check(
    'block',
    Type.Object({
      result: Type.Object({
        block: Type.Object({ header: Type.Object({ height: whole, chain_id: text }) }),
      }),
    }),
  ),
  nodeStatus: check(
    'status',
    Type.Object({
      result: Type.Object({
        node_info: Type.Object({ network: text }),
        sync_info: Type.Object({ latest_block_height: whole }),
      }),
    }),
  ),
} as const;
