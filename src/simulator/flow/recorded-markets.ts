/**
 * The markets of a recording: with the parameters that its own `v4_markets` frames tell, or else
 * those of the venue's listings, or else with the smallest grid on which all its prices and sizes
 * lie.
 */
import type { RecordedFrame } from '../../ports/recording.js';
import type { PerpetualMarket } from '../exchange-types.js';
import { ORDINARY_TERMS, REAL_MARKETS } from '../real-markets.js';
import { fieldsOf, listOf, messagesOf, scaled, type Fields } from './recorded-frames.js';

/** Decimals that a derived grid can have. */
const DECIMALS_MAX = 18;
const ORACLE_DECIMALS = 12;
const MILLION = 1_000_000n;
/** Clob pair ids of markets that nobody knows. */
const FIRST_UNKNOWN_ID = 1_000;
const MARKETS_MAX = 250;

export interface RecordedMarkets {
  readonly markets: readonly PerpetualMarket[];
  readonly oraclePricesE12: ReadonlyMap<number, bigint>;
}

/** What one market's frames have shown. */
interface Sighting {
  readonly ticker: string;
  told: Fields | undefined;
  /** Greatest common divisors, × 10^18; 0 before the first. */
  price: bigint;
  size: bigint;
  firstPriceE12: bigint | undefined;
}

/** Reads the whole recording. Markets without an order book in it are left out. */
export async function recordedMarkets(
  frames: AsyncIterable<RecordedFrame> | Iterable<RecordedFrame>,
): Promise<RecordedMarkets> {
  const sightings = new Map<string, Sighting>();
  const told = new Map<string, Fields>();
  for await (const frame of frames) {
    for (const { channel, id, isSnapshot, contents } of messagesOf(frame)) {
      if (channel === 'v4_markets' && isSnapshot) {
        for (const [ticker, each] of Object.entries(fieldsOf(contents['markets']))) {
          told.set(ticker, fieldsOf(each));
        }
      } else if (
        channel === 'v4_orderbook' &&
        (sightings.has(id) || sightings.size < MARKETS_MAX)
      ) {
        const known = sightings.get(id) ?? unseen(id);
        sightings.set(id, known);
        look(known, contents);
      }
    }
  }
  const seen = [...sightings.values()].filter(({ firstPriceE12 }) => firstPriceE12 !== undefined);
  for (const sighting of seen) sighting.told = told.get(sighting.ticker);
  const markets = seen.map((sighting, index) => marketOf(sighting, FIRST_UNKNOWN_ID + index));
  return {
    markets,
    oraclePricesE12: new Map(
      seen.map((sighting, index) => [
        markets[index]?.clobPairId ?? -1,
        scaled(sighting.told?.['oraclePrice'], ORACLE_DECIMALS) ?? sighting.firstPriceE12 ?? 1n,
      ]),
    ),
  };
}

const unseen = (ticker: string): Sighting => ({
  ticker,
  told: undefined,
  price: 0n,
  size: 0n,
  firstPriceE12: undefined,
});

function look(sighting: Sighting, contents: Fields): void {
  for (const each of [...listOf(contents['bids'] ?? []), ...listOf(contents['asks'] ?? [])]) {
    const pair = Array.isArray(each) ? each : [fieldsOf(each)['price'], fieldsOf(each)['size']];
    sighting.price = divisor(sighting.price, scaled(pair[0], DECIMALS_MAX) ?? 0n);
    sighting.size = divisor(sighting.size, scaled(pair[1], DECIMALS_MAX) ?? 0n);
    sighting.firstPriceE12 ??= scaled(pair[0], ORACLE_DECIMALS);
  }
}

function divisor(a: bigint, b: bigint): bigint {
  let [large, small] = [a, b];
  while (small > 0n) [large, small] = [small, large % small];
  return large;
}

function marketOf(sighting: Sighting, unknownId: number): PerpetualMarket {
  const listed = REAL_MARKETS.find(({ ticker }) => ticker === sighting.ticker);
  const derived = listed ?? derivedMarket(sighting, unknownId);
  const { told } = sighting;
  if (told === undefined) return derived;
  const whole = (name: string, otherwise: number): number => {
    const value = Number(told[name] ?? otherwise);
    return Number.isSafeInteger(value) ? value : otherwise;
  };
  const ppm = (name: string, otherwise: number): number =>
    Number(scaled(told[name], 6) ?? BigInt(otherwise));
  return {
    ...derived,
    clobPairId: whole('clobPairId', derived.clobPairId),
    atomicResolution: whole('atomicResolution', derived.atomicResolution),
    quantumConversionExponent: whole(
      'quantumConversionExponent',
      derived.quantumConversionExponent,
    ),
    stepBaseQuantums: BigInt(whole('stepBaseQuantums', Number(derived.stepBaseQuantums))),
    subticksPerTick: BigInt(whole('subticksPerTick', Number(derived.subticksPerTick))),
    initialMarginPpm: ppm('initialMarginFraction', derived.initialMarginPpm),
    maintenanceMarginPpm: ppm('maintenanceMarginFraction', derived.maintenanceMarginPpm),
    openInterestLowerCap: scaled(told['openInterestLowerCap'], 6) ?? derived.openInterestLowerCap,
    openInterestUpperCap: scaled(told['openInterestUpperCap'], 6) ?? derived.openInterestUpperCap,
    marketType: told['marketType'] === 'ISOLATED' ? 'ISOLATED' : derived.marketType,
  };
}

/** A step becomes some millions of quantums, and a tick a whole number of subticks. */
function derivedMarket({ ticker, price, size }: Sighting, clobPairId: number): PerpetualMarket {
  const step = mantissaOf(size);
  const tick = mantissaOf(price);
  const atomicResolution = step.exponent - 6;
  const quantumConversionExponent = Math.min(-9, step.exponent + tick.exponent);
  const subticks = atomicResolution - quantumConversionExponent + 6 + tick.exponent;
  return {
    ...ORDINARY_TERMS,
    ticker,
    clobPairId,
    atomicResolution,
    quantumConversionExponent,
    stepBaseQuantums: step.mantissa * MILLION,
    subticksPerTick: tick.mantissa * 10n ** BigInt(subticks),
  };
}

/** Of a decimal × 10^18: mantissa × 10^exponent, exponent −18 to 0; 1 for nothing. */
function mantissaOf(scaledValue: bigint): { readonly mantissa: bigint; readonly exponent: number } {
  let [mantissa, exponent] = scaledValue > 0n ? [scaledValue, -DECIMALS_MAX] : [1n, 0];
  for (; exponent < 0 && mantissa % 10n === 0n; exponent += 1) mantissa /= 10n;
  return { mantissa, exponent };
}
