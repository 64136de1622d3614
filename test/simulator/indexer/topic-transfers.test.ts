/** Who hears of a transfer, and what: own channels, parents', and nobody of what is not for him. */
import { describe, expect, test } from 'vitest';
import type { ExchangeTransfer } from '../../../src/simulator/chain-messages.js';
import type { ExchangeOutput } from '../../../src/simulator/exchange-types.js';
import { topicMessage, topicsOf } from '../../../src/simulator/indexer/topic-updates.codec.js';
import { FILLED_AT, OWNER, tellStory } from '../../support/venue-story.js';

const NOW = { height: 66_624_203, timeMs: FILLED_AT };
type Side = ExchangeTransfer['sender'];

const transferOf = (sender: Side, recipient: Side): ExchangeOutput => ({
  type: 'transfer',
  transfer: {
    eventId: 'e1',
    sender,
    recipient,
    quoteQuantums: 12_500_000n,
    height: 9,
    timeMs: FILLED_AT,
    transactionHash: 'AB',
  },
  publisher: 'ender',
});

describe('transfers', () => {
  const wallet = { address: OWNER, number: undefined };
  const side = (number: number, address = OWNER) => ({ address, number });
  /** Who hears what: topic, child and type of the transfer. */
  function heard(sender: Side, recipient: Side) {
    const { state } = tellStory();
    const output = transferOf(sender, recipient);
    return topicsOf(state, output).map((address) => {
      const { topic, contents, subaccountNumber } = topicMessage(state, address, output, NOW);
      const { transfers } = JSON.parse(contents) as { transfers?: { type: string } };
      const channel = topic.channel === 'v4_subaccounts' ? '' : `parent of ${subaccountNumber} `;
      return `${channel}${topic.id.replace(OWNER, 'me')} ${transfers?.type ?? 'nothing'}`;
    });
  }

  test.each([
    ['a deposit', wallet, side(0), ['me/0 DEPOSIT', 'parent of 0 me/0 DEPOSIT']],
    ['a withdrawal', side(129), wallet, ['me/129 WITHDRAWAL', 'parent of 129 me/1 WITHDRAWAL']],
    [
      'a transfer to somebody else',
      side(0),
      side(0, 'you'),
      [
        'me/0 TRANSFER_OUT',
        'parent of 0 me/0 TRANSFER_OUT',
        'you/0 TRANSFER_IN',
        'parent of 0 you/0 TRANSFER_IN',
      ],
    ],
    [
      'a transfer between children of one parent',
      side(0),
      side(128),
      [
        'me/0 TRANSFER_OUT',
        'parent of 0 me/0 nothing',
        'me/128 TRANSFER_IN',
        'parent of 128 me/0 nothing',
      ],
    ],
  ])('of %s are told to all who take part', (_, sender, recipient, expected) => {
    expect(heard(sender, recipient)).toEqual(expected);
  });

  test('say sender, recipient and size, and no id', () => {
    const { state } = tellStory();
    const output = transferOf(wallet, side(0));
    const [own] = topicsOf(state, output);
    if (own === undefined) throw new Error('expected a topic');
    const { contents } = topicMessage(state, own, output, NOW);
    expect(JSON.parse(contents)).toEqual({
      transfers: {
        sender: { address: OWNER },
        recipient: { address: OWNER, subaccountNumber: 0 },
        symbol: 'USDC',
        size: '12.5',
        type: 'DEPOSIT',
        createdAt: '2025-12-08T16:12:41.318Z',
        createdAtHeight: '9',
        transactionHash: 'AB',
      },
      blockHeight: '66624203',
    });
  });

  test('funding and executed transactions are told to nobody', () => {
    const { state } = tellStory();
    const tick = { clobPairId: 0, rate1hE12: 0n, priceE12: 1n, height: 9, timeMs: 0 };
    const result = { code: 0, codespace: '', log: '' };
    expect(topicsOf(state, { type: 'funding', tick })).toEqual([]);
    expect(
      topicsOf(state, { type: 'transaction', hash: 'AB', height: 9, index: 1, result }),
    ).toEqual([]);
  });
});
