/**
 * From recorded indexer frames to what the exchange is told: order books, trades and oracle prices
 * of the given markets. Frames of other channels and markets, and what cannot be read, say nothing.
 */
import { powerOfTen } from '../../model/quantities.js';
import type { RecordedFrame } from '../../ports/recording.js';
import { subticksExponent } from '../chain/oracle-price.js';
import type { PerpetualMarket } from '../exchange-types.js';
import type { OrderSide } from '../order-terms.js';
import type { RecordedLevel, RecordedMoment, RecordedTrade } from '../recorded-moment.js';

const ORACLE_DECIMALS = 12;

export type Fields = Readonly<Record<string, unknown>>;

/** One message of a frame: batches hold several. */
export interface FrameMessage {
  readonly channel: string;
  readonly id: string;
  readonly isSnapshot: boolean;
  readonly contents: Fields;
}

export function messagesOf({ data }: RecordedFrame): FrameMessage[] {
  const { type, channel, id = '', contents } = fieldsOf(parsed(data));
  if (typeof channel !== 'string' || typeof id !== 'string') return [];
  const isSnapshot = type === 'subscribed';
  return listOf(contents).map((each) => ({ channel, id, isSnapshot, contents: fieldsOf(each) }));
}

/** The moments of one frame, in its order; `timeMs` is when it was received, rounded down. */
export function momentsOf(
  frame: RecordedFrame,
  markets: ReadonlyMap<string, PerpetualMarket>,
): RecordedMoment[] {
  const timeMs = Math.floor(frame.receivedAt);
  return messagesOf(frame).flatMap((message) => momentsOfMessage(message, timeMs, markets));
}

function momentsOfMessage(
  { channel, id, isSnapshot, contents }: FrameMessage,
  timeMs: number,
  markets: ReadonlyMap<string, PerpetualMarket>,
): RecordedMoment[] {
  if (channel === 'v4_markets') return oracleMoments(contents, timeMs, markets);
  const market = markets.get(id);
  if (market === undefined) return [];
  const nothing = { clobPairId: market.clobPairId, timeMs, isWholeBook: false };
  if (channel === 'v4_orderbook') {
    const levels = levelsOf(market, contents);
    return [{ ...nothing, isWholeBook: isSnapshot, levels, trades: [] }];
  }
  // The trades of a snapshot have happened before the recording began.
  if (channel !== 'v4_trades' || isSnapshot) return [];
  return [{ ...nothing, levels: [], trades: tradesOf(market, contents) }];
}

function levelsOf(market: PerpetualMarket, contents: Fields): RecordedLevel[] {
  const side = (name: 'bids' | 'asks'): RecordedLevel[] =>
    listOf(contents[name] ?? []).flatMap((each) => {
      const pair = Array.isArray(each) ? each : [fieldsOf(each)['price'], fieldsOf(each)['size']];
      const [subticks, quantums] = [priceOf(market, pair[0]), sizeOf(market, pair[1])];
      if (subticks === undefined || subticks === 0n || quantums === undefined) return [];
      return [{ side: name === 'bids' ? 'BUY' : 'SELL', subticks, quantums }];
    });
  return [...side('bids'), ...side('asks')];
}

function tradesOf(market: PerpetualMarket, contents: Fields): RecordedTrade[] {
  return listOf(contents['trades'] ?? []).flatMap((each) => {
    const { side, price, size } = fieldsOf(each);
    const [subticks, quantums] = [priceOf(market, price), sizeOf(market, size)];
    if (!isSide(side) || !isPositive(subticks) || !isPositive(quantums)) return [];
    return [{ side, subticks, quantums }];
  });
}

function oracleMoments(
  contents: Fields,
  timeMs: number,
  markets: ReadonlyMap<string, PerpetualMarket>,
): RecordedMoment[] {
  const told = fieldsOf(contents['oraclePrices'] ?? contents['markets']);
  return Object.entries(told).flatMap(([ticker, each]) => {
    const market = markets.get(ticker);
    const oraclePriceE12 = scaled(fieldsOf(each)['oraclePrice'], ORACLE_DECIMALS);
    if (market === undefined || !isPositive(oraclePriceE12)) return [];
    const { clobPairId } = market;
    return [{ clobPairId, timeMs, isWholeBook: false, levels: [], trades: [], oraclePriceE12 }];
  });
}

/** On the market's grid, rounded down. */
function priceOf(market: PerpetualMarket, text: unknown): bigint | undefined {
  const subticks = scaled(text, subticksExponent(market));
  return subticks === undefined ? undefined : subticks - (subticks % market.subticksPerTick);
}

function sizeOf(market: PerpetualMarket, text: unknown): bigint | undefined {
  const quantums = scaled(text, -market.atomicResolution);
  return quantums === undefined ? undefined : quantums - (quantums % market.stepBaseQuantums);
}

const DECIMAL = /^(\d+)(?:\.(\d+))?$/;

/** A decimal × 10^exponent, rounded down; undefined unless it is one and ≥ 0. */
export function scaled(text: unknown, exponent: number): bigint | undefined {
  const match = typeof text === 'string' ? DECIMAL.exec(text) : null;
  if (match === null) return undefined;
  const [, whole = '', fraction = ''] = match;
  const digits = BigInt(whole + fraction);
  const shift = exponent - fraction.length;
  return shift >= 0 ? digits * powerOfTen(shift) : digits / powerOfTen(-shift);
}

const isPositive = (value: bigint | undefined): value is bigint =>
  value !== undefined && value > 0n;

const isSide = (value: unknown): value is OrderSide => value === 'BUY' || value === 'SELL';

export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? { ...value } : {};

export const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined;
  }
}
