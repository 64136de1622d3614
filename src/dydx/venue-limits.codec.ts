/**
 * The chain's limits as a node answers queries for them: protobuf, read field by field, because the
 * client library is loaded by the signing thread alone.
 *
 * @see v4-chain proto/dydxprotocol/clob/*.proto: the two configurations, and query
 */
import { Buffer } from 'node:buffer';
import type { Subaccount } from '../model/account.js';
import { usd, type Usd } from '../model/quantities.js';
import type { BlockRule, EquityTier, VenueLimits } from '../model/venue-limits.js';
import { Unreadable } from './unreadable.js';

export interface NodeQuery {
  readonly path: string;
  /** Protobuf, as hex. */
  readonly data: string;
}

export const BLOCK_RATES: NodeQuery = {
  path: '/dydxprotocol.clob.Query/BlockRateLimitConfiguration',
  data: '',
};
export const EQUITY_TIERS: NodeQuery = {
  path: '/dydxprotocol.clob.Query/EquityTierLimitConfiguration',
  data: '',
};
/** `{1: owner, 2: number}` */
export function leverageOf({ address, number }: Subaccount): NodeQuery {
  const owner = Buffer.from(address, 'utf8');
  const bytes = [0x0a, ...varint(owner.length), ...owner];
  if (number !== 0) bytes.push(0x10, ...varint(number));
  const data = Buffer.from(bytes).toString('hex');
  return { path: '/dydxprotocol.clob.Query/Leverage', data };
}

/** `{1: {2: stateful, 4: short-term, 5: leverage}}`, each a list of `{1: blocks, 2: limit}` */
export function readBlockRates(
  value: Uint8Array,
): Pick<VenueLimits, 'shortTerm' | 'stateful' | 'leverageUpdates'> {
  const [config] = messages(fieldsOf(value), 1);
  if (config === undefined) throw new Unreadable('expected a block rate configuration, was none');
  const rules = (field: number): readonly BlockRule[] =>
    messages(config, field).map((rule) => ({ blocks: number(rule, 1), limit: number(rule, 2) }));
  return { shortTerm: rules(4), stateful: rules(2), leverageUpdates: rules(5) };
}

/** `{1: {2: stateful tiers}}`, each `{1: equity, 2: limit}` */
export function readEquityTiers(value: Uint8Array): readonly EquityTier[] {
  const [config] = messages(fieldsOf(value), 1);
  if (config === undefined) throw new Unreadable('expected equity tiers, was no configuration');
  return messages(config, 2).map((tier) => ({ equity: amount(tier, 1), limit: number(tier, 2) }));
}

/** `{1: [{1: clob pair, 2: initial margin in ppm}]}` */
export const readLeverage = (value: Uint8Array): VenueLimits['marginPpm'] =>
  messages(fieldsOf(value), 1).map((entry) => ({
    venueNumber: number(entry, 1),
    ppm: number(entry, 2),
  }));

interface Field {
  readonly field: number;
  readonly value: number | Uint8Array;
}

const VARINT = 0;
const LENGTH = 2;

/** Every field in its order; unknown wire types are not expected here. */
function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at];
      if (byte === undefined || scale > 2 ** 49) throw new Unreadable('protobuf: a bad number');
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = next();
    const field = Math.floor(tag / 8);
    if (tag % 8 === VARINT) fields.push({ field, value: next() });
    else if (tag % 8 === LENGTH) {
      const length = next();
      if (at + length > bytes.length) throw new Unreadable('protobuf: cut off');
      fields.push({ field, value: bytes.subarray(at, at + length) });
      at += length;
    } else throw new Unreadable(`protobuf: wire type ${tag % 8}`);
  }
  return fields;
}

const messages = (fields: readonly Field[], wanted: number): readonly (readonly Field[])[] =>
  fields.flatMap(({ field, value }) =>
    field === wanted && typeof value !== 'number' ? [fieldsOf(value)] : [],
  );

/** Zero is not written. */
function number(fields: readonly Field[], wanted: number): number {
  const found = fields.findLast(({ field }) => field === wanted)?.value ?? 0;
  if (typeof found === 'number') return found;
  throw new Unreadable(`protobuf: expected a number in field ${wanted}`);
}

/** A sign (2 is positive) and the magnitude, most significant byte first. */
function amount(fields: readonly Field[], wanted: number): Usd {
  const found = fields.findLast(({ field }) => field === wanted)?.value ?? new Uint8Array();
  if (typeof found === 'number') throw new Unreadable('protobuf: expected an amount');
  const [sign = 2, ...magnitude] = found;
  if (sign !== 2 && sign !== 3) throw new Unreadable(`protobuf: sign ${sign}`);
  const value = magnitude.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return usd(sign === 2 ? value : -value);
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) | 0x80, ...varint(Math.floor(value / 128))];
}
