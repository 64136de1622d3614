/** Which markets have no place in a subaccount, and the number that they have one in. */
import { expect, it } from 'vitest';
import { marketId } from '../../src/model/quantities.js';
import { misplaced } from '../../src/risk/isolated-places.js';
import { btcSpec, ethSpec } from '../support/money-samples.js';

const isolated = (name: string) => ({ ...btcSpec, market: marketId(name), isolated: true });
const [A, B, C, D] = ['A-USD', 'B-USD', 'C-USD', 'D-USD'].map(isolated) as [
  typeof btcSpec,
  typeof btcSpec,
  typeof btcSpec,
  typeof btcSpec,
];
const [BTC, ETH] = [btcSpec, ethSpec];
const solo = { ...btcSpec, market: marketId('SOL-USD') };

type Row = readonly [
  name: string,
  number: number,
  chosen: readonly (typeof btcSpec)[],
  places: Readonly<Record<number, readonly (typeof btcSpec)[]>>,
  words: string | undefined,
];

it.each<Row>([
  ['cross markets alone', 0, [BTC, ETH], {}, undefined],
  ['cross markets on a child', 128, [BTC, ETH], {}, undefined],
  ['one isolated market on a child', 128, [A], {}, undefined],
  ['one isolated market on an empty parent', 0, [A], { 0: [] }, undefined],
  ['an isolated market that is held already', 128, [A], { 128: [A] }, undefined],
  ['cross markets beside other cross ones', 0, [BTC], { 0: [solo] }, undefined],
  [
    'an isolated market beside a cross one',
    0,
    [BTC, A],
    {},
    'an isolated market stands alone, and subaccount 0 trades BTC-USD: trade A-USD with subaccount: 128',
  ],
  [
    'the same, while the isolated one is held',
    0,
    [BTC, A],
    { 0: [A] },
    'an isolated market stands alone, and subaccount 0 trades BTC-USD: trade A-USD with subaccount: 128',
  ],
  [
    'several, with children that are taken',
    5,
    [A, BTC, B, C, D],
    { 133: [A], 261: [solo], 389: [] },
    'an isolated market stands alone, and subaccount 5 trades BTC-USD: ' +
      'trade A-USD with subaccount: 133, B-USD with subaccount: 389, C-USD with subaccount: 517 and 1 more',
  ],
  [
    'an isolated market where another one is held that is not traded',
    0,
    [A],
    { 0: [solo] },
    'an isolated market stands alone, and subaccount 0 holds SOL-USD: trade A-USD with subaccount: 128',
  ],
  [
    'cross markets where an isolated one is held',
    128,
    [BTC, ETH],
    { 128: [A] },
    'subaccount 128 holds A-USD, which is isolated: trade BTC-USD, ETH-USD with subaccount: 0',
  ],
  [
    'cross markets where isolated ones are held, in the parent, too',
    128,
    [BTC],
    { 0: [B], 128: [A] },
    'subaccount 128 holds A-USD, which is isolated: trade BTC-USD with subaccount: 256',
  ],
  [
    'cross markets on a child beside its isolated one',
    128,
    [A, BTC],
    { 128: [A] },
    'subaccount 128 is for A-USD alone, which is isolated: trade BTC-USD with subaccount: 0',
  ],
  [
    'two isolated ones',
    128,
    [A, B],
    {},
    'subaccount 128 is for A-USD alone, which is isolated: trade B-USD with subaccount: 256',
  ],
  [
    'an isolated one at the end of all numbers',
    127_999,
    [A, B],
    Object.fromEntries(Array.from({ length: 998 }, (_, n) => [127 + (n + 1) * 128, [solo]])),
    'subaccount 127999 is for A-USD alone, which is isolated: trade B-USD with another account',
  ],
])('%s', (_name, number, chosen, places, words) => {
  const known = Object.entries(places).map(([each, held]) => ({ number: Number(each), held }));
  expect(misplaced(number, chosen, known)).toBe(words);
});
