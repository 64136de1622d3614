/** Exact JSON: what goes in comes out, and what cannot is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeExact, encodeExact } from '../../src/journal/exact-json.js';

const key = fc.string({ maxLength: 8 }).filter((k) => !k.startsWith('$') && k !== '__proto__');
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.bigInt(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (n === 0 ? 0 : n)),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

describe('exact JSON', () => {
  it('gives back every plain value as it was', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(decodeExact(encodeExact(value))).toEqual(value);
      }),
    );
  });

  it('writes a bigint of any length as digits', () => {
    expect(encodeExact({ size: -(10n ** 40n) })).toBe(`{"size":{"$n":"-1${'0'.repeat(40)}"}}`);
  });

  it('treats an undefined field as absent', () => {
    expect(encodeExact({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it.each([
    ['NaN', Number.NaN],
    ['an infinity', Number.POSITIVE_INFINITY],
    ['undefined in an array', [undefined]],
    ['a function', { f: () => 1 }],
    ['a key that looks like a tag', { $n: '1' }],
  ])('refuses %s', (_name, value) => {
    expect(() => encodeExact(value)).toThrow('exact JSON');
  });
});
