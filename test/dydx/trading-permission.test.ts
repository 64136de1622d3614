/** Trading keys: which trees of authenticators let a key trade and nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyFromSeed, publicKeyOf, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { checkTradingKey } from '../../src/dydx/trading-permission.codec.js';
import { unwrap } from '../../src/model/result.js';
import {
  allOf,
  anyOf,
  BATCH_CANCEL,
  CANCEL,
  markets,
  messages,
  PLACE,
  raw,
  SEND,
  signature,
  subaccounts,
  tradingOnly,
  TRANSFER,
  WITHDRAW,
  type Part,
} from '../support/authenticator-parts.js';

const keyOf = (seed: string) => publicKeyOf(unwrap(readPrivateKey(keyFromSeed(seed))));
const [ours, others] = [keyOf('ours'), keyOf('others')];
const trading = messages(PLACE, CANCEL, BATCH_CANCEL);

/** `none`, or the code of the refusal. The first tree is the one that is to be used. */
function refusalOf(...trees: readonly Part[]): string {
  const authenticators = trees.map((tree, index) => ({ ...tree, id: String(index + 3) }));
  const checked = checkTradingKey({ authenticators, chosen: '3', publicKey: ours });
  return checked.ok ? 'none' : checked.error.code;
}

const nested = (depth: number, inner: Part): Part =>
  depth === 0
    ? inner
    : allOf(inner.type === 'AllOf' ? inner : allOf(inner, inner), nested(depth - 1, inner));

describe('a trading key', () => {
  it.each<[string, readonly Part[], string]>([
    ['for orders and cancels only', [tradingOnly(ours)], 'none'],
    ['for three kinds of message in one filter', [allOf(signature(ours), trading)], 'none'],
    ['without batch cancels', [allOf(signature(ours), messages(PLACE, CANCEL))], 'none'],
    ['by either of two keys', [allOf(anyOf(signature(ours), signature(others)), trading)], 'none'],
    [
      'for what two filters have in common',
      [allOf(signature(ours), messages(PLACE, CANCEL, WITHDRAW), messages(CANCEL, PLACE, SEND))],
      'none',
    ],
    [
      'beside an authenticator of another key that may do everything',
      [tradingOnly(ours), signature(others), allOf(signature(others), messages(WITHDRAW))],
      'none',
    ],
    [
      'beside a second one for orders',
      [tradingOnly(ours), allOf(signature(ours), trading)],
      'none',
    ],
    [
      'beside one that needs another signature as well',
      [tradingOnly(ours), allOf(signature(ours), signature(others), messages(WITHDRAW))],
      'none',
    ],
    ['by its signature alone', [signature(ours)], 'authenticator.permits-more'],
    [
      // Subaccount and market filters have let other messages pass: only message filters count.
      'limited to a subaccount only',
      [allOf(signature(ours), subaccounts(0))],
      'authenticator.permits-more',
    ],
    [
      'limited to a market only',
      [allOf(signature(ours), markets(0))],
      'authenticator.permits-more',
    ],
    [
      'that may withdraw',
      [allOf(signature(ours), messages(PLACE, CANCEL, WITHDRAW))],
      'authenticator.permits-more',
    ],
    [
      'that may transfer, in one of two ways',
      [allOf(signature(ours), anyOf(trading, messages(TRANSFER)))],
      'authenticator.permits-more',
    ],
    [
      'that may send coins, deep in the tree',
      [
        anyOf(
          tradingOnly(ours),
          allOf(signature(ours), anyOf(messages(PLACE), allOf(messages(SEND), subaccounts(1)))),
        ),
      ],
      'authenticator.permits-more',
    ],
    [
      'where one way needs its signature only',
      [anyOf(signature(ours), allOf(signature(ours), trading))],
      'authenticator.permits-more',
    ],
    [
      'that may withdraw by another authenticator of the account',
      [tradingOnly(ours), allOf(signature(ours), messages(WITHDRAW))],
      'authenticator.permits-more',
    ],
    [
      'that may do everything by another one',
      [tradingOnly(ours), signature(ours)],
      'authenticator.permits-more',
    ],
    ['by a kind that nobody knows', [raw('Nonsense', '')], 'authenticator.permits-more'],
    ['by a composite that is no JSON', [raw('AnyOf', 'x')], 'authenticator.permits-more'],
    ['by a composite that is no list', [raw('AllOf', '{}')], 'authenticator.permits-more'],
    ['by a composite of nothing', [raw('AllOf', '[]')], 'authenticator.permits-more'],
    ['by parts that are nothing', [raw('AnyOf', '[1, null]')], 'authenticator.permits-more'],
    ['by a tree that is too deep', [nested(20, signature(ours))], 'authenticator.permits-more'],
    ['of somebody else', [tradingOnly(others)], 'authenticator.permits-less'],
    [
      'that may only cancel',
      [allOf(signature(ours), messages(CANCEL))],
      'authenticator.permits-less',
    ],
    [
      'where two filters have nothing in common',
      [allOf(signature(ours), messages(PLACE), messages(CANCEL))],
      'authenticator.permits-less',
    ],
    ['that the account has not added', [], 'authenticator.missing'],
  ])('%s', (_what, trees, code) => {
    expect(refusalOf(...trees)).toBe(code);
  });

  it('is refused with words that name the authenticator and the message', () => {
    const authenticators = [{ ...allOf(signature(ours), messages(WITHDRAW)), id: '12' }];
    expect(checkTradingKey({ authenticators, chosen: '12', publicKey: ours })).toMatchObject({
      error: {
        message: `authenticator 12 lets the key send ${WITHDRAW}: expected orders and cancels only`,
      },
    });
  });
});

it('never passes a key for which some way through the trees lets money leave', () => {
  const leaf = fc.constantFrom(
    signature(ours),
    signature(others),
    messages(PLACE),
    messages(PLACE, CANCEL),
    messages(CANCEL, WITHDRAW),
    messages(SEND),
    subaccounts(0),
    markets(0),
  );
  const { tree } = fc.letrec<{ tree: Part }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((parts) => allOf(...parts)),
      fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((parts) => anyOf(...parts)),
    ),
  }));
  /** The chain's own way: asked for one message, with filters that let others pass. */
  const passes = ({ type, config }: Part, typeUrl: string): boolean => {
    const text = Buffer.from(config).toString();
    if (type === 'SignatureVerification') return Buffer.from(config).equals(ours);
    if (type === 'MessageFilter') return text.split(',').includes(typeUrl);
    if (type !== 'AllOf' && type !== 'AnyOf') return true;
    const parts = (JSON.parse(text) as { type: string; config: string }[]).map((one): Part => ({
      type: one.type,
      config: Buffer.from(one.config, 'base64'),
    }));
    return type === 'AllOf'
      ? parts.every((one) => passes(one, typeUrl))
      : parts.some((one) => passes(one, typeUrl));
  };
  fc.assert(
    fc.property(fc.array(tree, { minLength: 1, maxLength: 3 }), (trees) => {
      const leaks = [WITHDRAW, SEND, TRANSFER, '/any.Other'].some((typeUrl) =>
        trees.some((one) => passes(one, typeUrl)),
      );
      const trades = [PLACE, CANCEL].every((typeUrl) => passes(trees[0] as Part, typeUrl));
      const code = refusalOf(...trees);
      expect(code === 'authenticator.permits-more').toBe(leaks);
      expect(code === 'none').toBe(!leaks && trades);
    }),
    { numRuns: 500 },
  );
});
