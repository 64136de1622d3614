/**
 * A simulated exchange without seeded flow, and short words to drive it: one market, named owners.
 */
import { createExchange } from '../../src/simulator/chain/exchange.js';
import type { ChainMessage } from '../../src/simulator/chain-messages.js';
import type { ExchangeOptions } from '../../src/simulator/exchange-options.js';
import type {
  Exchange,
  ExchangeOutput,
  PerpetualMarket,
} from '../../src/simulator/exchange-types.js';
import type { PlaceOrder, SubaccountId, VenueOrderId } from '../../src/simulator/order-terms.js';
import { marketsOf } from '../../src/simulator/real-markets.js';

export const START_HEIGHT = 100;
export const START_MS = 1_700_000_000_000;
/** One step of BTC-USD, and one tick. */
export const STEP = 1_000_000n;
export const TICK = 100_000n;
/** The oracle price of BTC-USD in subticks. */
export const ORACLE = 94_520n * TICK;

export const subaccount = (owner: string, number = 0): SubaccountId => ({ owner, number });

export const idOf = (owner: string, clientId: number): VenueOrderId => ({
  subaccount: subaccount(owner),
  clientId,
  orderFlags: 0,
  clobPairId: 0,
});

/** A buy of 10 steps at the oracle price, good for ten blocks, with what is given instead. */
export const orderOf = (
  owner: string,
  clientId: number,
  terms: Partial<PlaceOrder> = {},
): PlaceOrder => ({
  id: idOf(owner, clientId),
  side: 'BUY',
  quantums: 10n * STEP,
  subticks: ORACLE,
  goodTilBlock: START_HEIGHT + 10,
  goodTilBlockTime: 0,
  timeInForce: 'GTT',
  reduceOnly: false,
  clientMetadata: 0,
  ...terms,
});

/** The exchange with alice, bob and carol funded with 100 000 USDC each. */
export function quietExchange(
  options: Partial<ExchangeOptions> & { readonly parameters?: Partial<PerpetualMarket> } = {},
): Exchange {
  const { markets, oraclePricesE12 } = marketsOf(1);
  const { parameters = {}, ...rest } = options;
  const exchange = createExchange({
    seed: 1,
    markets: markets.map((market) => Object.assign({}, market, parameters)),
    oraclePricesE12,
    startTimeMs: START_MS,
    startHeight: START_HEIGHT,
    takerFeePpm: 500,
    makerFeePpm: -110,
    preset: 'calm',
    ...rest,
  });
  for (const owner of ['alice', 'bob', 'carol']) fund(exchange, owner, 100_000_000_000n);
  return exchange;
}

export const fund = (exchange: Exchange, owner: string, quoteQuantums: bigint) =>
  exchange.apply({ type: 'fund', subaccount: subaccount(owner), quoteQuantums }).outputs;

export const place = (
  exchange: Exchange,
  owner: string,
  clientId: number,
  terms: Partial<PlaceOrder> = {},
) => exchange.apply({ type: 'place', order: orderOf(owner, clientId, terms) });

export const cancel = (
  exchange: Exchange,
  owner: string,
  clientId: number,
  goodTilBlock = START_HEIGHT + 10,
) =>
  exchange.apply({
    type: 'cancel',
    cancel: { id: idOf(owner, clientId), goodTilBlock, goodTilBlockTime: 0 },
  });

/** The time of the exchange's first block, unix seconds. */
export const START_SECONDS = START_MS / 1000;

/** A long-term order like `orderOf`, good for a hundred seconds. */
export const statefulOf = (
  owner: string,
  clientId: number,
  terms: Partial<PlaceOrder> & { readonly orderFlags?: number } = {},
): PlaceOrder => {
  const { orderFlags = 64, ...rest } = terms;
  return orderOf(owner, clientId, {
    id: { ...idOf(owner, clientId), orderFlags },
    goodTilBlock: 0,
    goodTilBlockTime: START_SECONDS + 100,
    ...rest,
  });
};

/** Hands in a transaction without a fee. */
export const submit = (
  exchange: Exchange,
  messages: readonly ChainMessage[],
  hash = 'AA',
): ReturnType<Exchange['apply']> =>
  exchange.apply({
    type: 'transaction',
    transaction: { hash, messages, feePayer: 'alice', feeDenom: 'usdc', fee: 0n },
  });

export const placeStateful = (
  exchange: Exchange,
  owner: string,
  clientId: number,
  terms: Parameters<typeof statefulOf>[2] = {},
) => submit(exchange, [{ type: 'place', order: statefulOf(owner, clientId, terms) }]).check;

export const cancelStateful = (
  exchange: Exchange,
  owner: string,
  clientId: number,
  terms: { readonly orderFlags?: number; readonly goodTilBlockTime?: number } = {},
) => {
  const { orderFlags = 64, goodTilBlockTime = START_SECONDS + 100 } = terms;
  const id = { ...idOf(owner, clientId), orderFlags };
  const cancel = { id, goodTilBlock: 0, goodTilBlockTime };
  return submit(exchange, [{ type: 'cancel', cancel }]).check;
};

export const block = (exchange: Exchange): readonly ExchangeOutput[] =>
  exchange.apply({ type: 'block', timeMs: exchange.timeMs + 650 }).outputs;

/** One line for each output, in order: what it is, and what matters of it. */
export function story(outputs: readonly ExchangeOutput[]): string[] {
  return outputs.map((output) => {
    switch (output.type) {
      case 'level': {
        const { side, level } = output;
        return `${side} level ${level.subticks / TICK}: ${level.quantums / STEP}`;
      }
      case 'order': {
        const { id, status, removalReason = '' } = output.order;
        const reason = removalReason.replace('ORDER_REMOVAL_REASON_', '');
        return `${id.subaccount.owner} ${id.clientId} ${status} ${reason}`.trim();
      }
      case 'fills': {
        const { order, subaccount, fills } = output;
        if (order === undefined) return `${subaccount.owner} ${fills[0]?.type ?? ''}`;
        const { id, status, totalFilled } = order;
        return `${subaccount.owner} ${id.clientId} ${status} filled ${totalFilled / STEP}`;
      }
      case 'subaccount':
        return `${output.subaccount.owner} has ${output.quoteQuantums}`;
      case 'trades':
        return `${output.trades.length} trades`;
      case 'candle':
        return `candle ${output.candle.resolution}`;
      case 'oracle':
        return `oracle ${output.priceE12}`;
      case 'transfer':
        return `transfer ${output.transfer.quoteQuantums}`;
      case 'funding':
        return `funding ${output.tick.rate1hE12}`;
      case 'market':
        return `market ${output.clobPairId}`;
      case 'transaction':
        return `transaction ${output.hash} ${output.result.code}`;
      case 'block':
        break;
    }
    return `block ${output.height}`;
  });
}
