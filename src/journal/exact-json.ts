/**
 * JSON that keeps what journals need: a bigint is written as `{"$n":"123"}`. Absent and undefined
 * fields are the same thing; whatever JSON would change silently is refused instead.
 */
import { assert } from '../model/result.js';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Refuses NaN, infinities, undefined in arrays, functions and keys that begin with `$`. */
export function encodeExact(value: unknown): string {
  return JSON.stringify(pack(value));
}

/** Reads what `encodeExact` wrote. Throws on any other text. */
export function decodeExact(text: string): unknown {
  return unpack(JSON.parse(text) as Json);
}

function pack(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return { $n: value.toString() };
  if (typeof value === 'number') {
    assert(Number.isFinite(value), `exact JSON: expected a finite number, was ${value}`);
    return value;
  }
  assert(typeof value === 'object', `exact JSON: expected plain data, was ${typeof value}`);
  if (Array.isArray(value)) return value.map(pack);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([key, field]) => {
        assert(!key.startsWith('$'), `exact JSON: expected a key without $, was ${key}`);
        return [key, pack(field)];
      }),
  );
}

function unpack(value: Json): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (isArray(value)) return value.map(unpack);
  const number = value['$n'];
  if (typeof number === 'string') return BigInt(number);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, unpack(field)]));
}

const isArray = (value: object): value is readonly Json[] => Array.isArray(value);
