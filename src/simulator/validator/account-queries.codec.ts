/** What the chain's modules answer about one account: money, positions, orders, keys. */
import { BaseAccount } from 'cosmjs-types/cosmos/auth/v1beta1/auth.js';
import {
  QueryAccountRequest,
  QueryAccountResponse,
} from 'cosmjs-types/cosmos/auth/v1beta1/query.js';
import {
  QueryAllBalancesRequest,
  QueryAllBalancesResponse,
  QueryBalanceRequest,
  QueryBalanceResponse,
} from 'cosmjs-types/cosmos/bank/v1beta1/query.js';
import type { Exchange, ExchangeOrder, SubaccountView } from '../exchange-types.js';
import { ORDER_FLAGS, type SubaccountId } from '../order-terms.js';
import type { IndexerState } from '../indexer/indexer-state.codec.js';
import { CONDITION_TYPES, readOrderId, TIMES_IN_FORCE } from './clob-messages.codec.js';
import { NATIVE_DENOM, USDC_DENOM, walletDenom } from './coins.js';
import { page } from './market-queries.codec.js';
import type { Mempool } from './mempool.codec.js';
import { encodeWith, queries, serializedInt } from './proto-codecs.codec.js';
import { NOT_FOUND, notFound, type QueryHandler } from './query-answers.js';
import { publicKeyMessage } from './transaction.codec.js';

const THIRTY_DAYS_MS = 30 * 86_400_000;

export interface AccountSource {
  readonly state: IndexerState;
  readonly mempool: Mempool;
}

export function accountQueries(source: AccountSource): ReadonlyMap<string, QueryHandler> {
  const { exchange } = source.state;
  return new Map([
    ...keyQueries(source),
    ...bankQueries(exchange),
    ...subaccountQueries(source.state),
    ...orderQueries(exchange),
  ]);
}

const keyQueries = ({ state, mempool }: AccountSource): readonly [string, QueryHandler][] => {
  const { accountplus } = queries;
  return [
    [
      '/cosmos.auth.v1beta1.Query/Account',
      (data) => {
        const { address } = QueryAccountRequest.decode(data);
        const accountNumber = state.exchange.accountNumber(address);
        if (accountNumber === undefined) {
          return notFound(`account ${address} not found: key not found`);
        }
        const key = mempool.publicKey(address);
        const account = BaseAccount.fromPartial({
          address,
          ...(key === undefined ? {} : { pubKey: publicKeyMessage(key) }),
          accountNumber: BigInt(accountNumber),
          sequence: mempool.sequences.committed(address),
        });
        const value = BaseAccount.encode(account).finish();
        const typeUrl = '/cosmos.auth.v1beta1.BaseAccount';
        return QueryAccountResponse.encode({ account: { typeUrl, value } }).finish();
      },
    ],
    [
      '/dydxprotocol.accountplus.Query/GetAuthenticators',
      (data) => {
        const owner = accountplus.GetAuthenticatorsRequest.decode(data).account;
        const accountAuthenticators = mempool.authenticators
          .of(owner)
          .map(({ id, kind, config }) => ({ id: String(id), type: kind, config }));
        return encodeWith(accountplus.GetAuthenticatorsResponse, { accountAuthenticators });
      },
    ],
    [
      '/dydxprotocol.accountplus.Query/AccountState',
      (data) => {
        const { address } = accountplus.AccountStateRequest.decode(data);
        const { timestamps, greatestEjected } = mempool.sequences.timestampNonces(address);
        const timestampNonceDetails = {
          timestampNonces: timestamps.map(String),
          maxEjectedNonce: String(greatestEjected),
        };
        const accountState = { address, timestampNonceDetails };
        return encodeWith(accountplus.AccountStateResponse, { accountState });
      },
    ],
  ];
};

const bankQueries = (exchange: Exchange): readonly [string, QueryHandler][] => [
  [
    '/cosmos.bank.v1beta1.Query/AllBalances',
    (data) => {
      const { usdc, native } = exchange.wallet(QueryAllBalancesRequest.decode(data).address);
      const balances = [
        { denom: NATIVE_DENOM, amount: String(native) },
        { denom: USDC_DENOM, amount: String(usdc) },
      ].filter(({ amount }) => amount !== '0');
      const total = BigInt(balances.length);
      const response = { balances, pagination: { nextKey: new Uint8Array(), total } };
      return QueryAllBalancesResponse.encode(
        QueryAllBalancesResponse.fromPartial(response),
      ).finish();
    },
  ],
  [
    '/cosmos.bank.v1beta1.Query/Balance',
    (data) => {
      const { address, denom } = QueryBalanceRequest.decode(data);
      const known = walletDenom(denom);
      const amount = known === undefined ? 0n : exchange.wallet(address)[known];
      return QueryBalanceResponse.encode({ balance: { denom, amount: String(amount) } }).finish();
    },
  ],
];

const subaccountQueries = (state: IndexerState): readonly [string, QueryHandler][] => {
  const { subaccounts, clob } = queries;
  const { exchange } = state;
  return [
    [
      '/dydxprotocol.subaccounts.Query/Subaccount',
      (data) => {
        const { owner, number } = subaccounts.QueryGetSubaccountRequest.decode(data);
        const subaccount = subaccountObject(
          { owner, number },
          exchange.subaccount({ owner, number }),
        );
        return encodeWith(subaccounts.QuerySubaccountResponse, { subaccount });
      },
    ],
    [
      '/dydxprotocol.subaccounts.Query/SubaccountAll',
      (data) => {
        const all = state
          .owners()
          .flatMap((owner) => state.subaccountsOf(owner))
          .map((view) => subaccountObject(view.subaccount, view));
        const asked = subaccounts.QueryAllSubaccountRequest.decode(data);
        const { items: subaccount, pagination } = page(all, asked);
        return encodeWith(subaccounts.QuerySubaccountAllResponse, { subaccount, pagination });
      },
    ],
    [
      '/dydxprotocol.subaccounts.Query/GetWithdrawalAndTransfersBlockedInfo',
      () => encodeWith(subaccounts.QueryGetWithdrawalAndTransfersBlockedInfoResponse, {}),
    ],
    [
      '/dydxprotocol.clob.Query/Leverage',
      (data) => {
        const { owner, number } = clob.QueryLeverageRequest.decode(data);
        const clobPairLeverage = [...exchange.leverage({ owner, number })].map(
          ([clobPairId, customImfPpm]) => ({ clobPairId, customImfPpm }),
        );
        return encodeWith(clob.QueryLeverageResponse, { clobPairLeverage });
      },
    ],
    [
      '/dydxprotocol.stats.Query/UserStats',
      (data) => {
        const { user } = queries.stats.QueryUserStatsRequest.decode(data);
        const total = exchange.volume30d(user);
        const maker = smaller(total, makerVolume(state, user));
        const stats = { takerNotional: String(total - maker), makerNotional: String(maker) };
        return encodeWith(queries.stats.QueryUserStatsResponse, { stats });
      },
    ],
  ];
};

/** Of the fills that are still remembered; 1e-6 USDC. */
function makerVolume(state: IndexerState, owner: string): bigint {
  const { exchange } = state;
  const oldest = exchange.timeMs - THIRTY_DAYS_MS;
  return state
    .subaccountsOf(owner)
    .flatMap(({ subaccount }) => exchange.fills(subaccount))
    .filter(({ liquidity, timeMs }) => liquidity === 'MAKER' && timeMs > oldest)
    .reduce((sum, { quoteQuantums }) => sum + quoteQuantums, 0n);
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** A subaccount that does not exist is an empty one. */
function subaccountObject(id: SubaccountId, view: SubaccountView | undefined): object {
  const quoteQuantums = view?.quoteQuantums ?? 0n;
  const positions = (view?.positions ?? []).filter(({ quantums }) => quantums !== 0n);
  return {
    id,
    assetPositions:
      quoteQuantums === 0n
        ? []
        : [{ assetId: 0, quantums: serializedInt(quoteQuantums), index: '0' }],
    perpetualPositions: positions.map(({ clobPairId, quantums }) => ({
      perpetualId: clobPairId,
      quantums: serializedInt(quantums),
      fundingIndex: serializedInt(view?.fundingIndexes.get(clobPairId) ?? 0n),
      quoteBalance: serializedInt(0n),
    })),
    marginEnabled: true,
  };
}

const orderQueries = (exchange: Exchange): readonly [string, QueryHandler][] => {
  const { clob } = queries;
  return [
    [
      '/dydxprotocol.clob.Query/StatefulOrder',
      (data) => {
        const { orderId } = clob.QueryStatefulOrderRequest.decode(data);
        const order = orderId === undefined ? undefined : exchange.order(readOrderId(orderId));
        if (order === undefined || !isStateful(order)) return NOT_FOUND;
        return encodeWith(clob.QueryStatefulOrderResponse, {
          orderPlacement: {
            order: orderObject(order),
            placementIndex: { blockHeight: order.createdAtHeight ?? 0 },
          },
          fillAmount: String(order.totalFilled),
          triggered: order.condition !== undefined && order.status !== 'UNTRIGGERED',
        });
      },
    ],
  ];
};

/** Alive on the chain. */
const isStateful = ({ id, status }: ExchangeOrder): boolean =>
  id.orderFlags !== ORDER_FLAGS.shortTerm && (status === 'OPEN' || status === 'UNTRIGGERED');

function orderObject(order: ExchangeOrder): object {
  const { id, condition, twap, builder } = order;
  const { subaccount: subaccountId, ...rest } = id;
  return {
    orderId: { subaccountId, ...rest },
    side: order.side === 'BUY' ? 1 : 2,
    quantums: String(order.quantums),
    subticks: String(order.subticks),
    goodTilBlockTime: order.goodTilBlockTime,
    timeInForce: TIMES_IN_FORCE.indexOf(order.timeInForce),
    reduceOnly: order.reduceOnly,
    clientMetadata: order.clientMetadata,
    conditionType: condition === undefined ? 0 : CONDITION_TYPES.indexOf(condition.type) + 1,
    conditionalOrderTriggerSubticks: String(condition?.triggerSubticks ?? 0n),
    ...(twap === undefined
      ? {}
      : {
          twapParameters: {
            duration: twap.durationSeconds,
            interval: twap.intervalSeconds,
            priceTolerance: twap.priceTolerancePpm,
          },
        }),
    ...(builder === undefined
      ? {}
      : { builderCodeParameters: { builderAddress: builder.address, feePpm: builder.feePpm } }),
    orderRouterAddress: order.orderRouterAddress ?? '',
  };
}
