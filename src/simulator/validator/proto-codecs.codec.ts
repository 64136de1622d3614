/**
 * dYdX's protobuf codecs. They ship compiled inside v4-client-js and are loaded by path, without
 * the client around them. Integers of 64 bits are given and taken as decimal text or bigint.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Decoder<T> {
  decode(bytes: Uint8Array): T;
}

interface Encoder {
  fromPartial(value: object): object;
  encode(value: object): { finish(): Uint8Array };
}

/** A 64-bit integer as the codecs hand it out. */
export interface WireInteger {
  toString(): string;
}

export interface WireSubaccount {
  readonly owner: string;
  readonly number: number;
}

export interface WireOrderId {
  readonly subaccountId: WireSubaccount | undefined;
  readonly clientId: number;
  readonly orderFlags: number;
  readonly clobPairId: number;
}

export interface WireExpiry {
  readonly goodTilBlock: number | undefined;
  readonly goodTilBlockTime: number | undefined;
}

export interface WireOrder extends WireExpiry {
  readonly orderId: WireOrderId | undefined;
  readonly side: number;
  readonly quantums: WireInteger;
  readonly subticks: WireInteger;
  readonly timeInForce: number;
  readonly reduceOnly: boolean;
  readonly clientMetadata: number;
  readonly conditionType: number;
  readonly conditionalOrderTriggerSubticks: WireInteger;
  readonly twapParameters:
    | { readonly duration: number; readonly interval: number; readonly priceTolerance: number }
    | undefined;
  readonly builderCodeParameters:
    | { readonly builderAddress: string; readonly feePpm: number }
    | undefined;
  readonly orderRouterAddress: string;
}

const require = createRequire(import.meta.url);
const folder = join(
  dirname(require.resolve('@dydxprotocol/v4-client-js/package.json')),
  'build/cjs/node_modules/@dydxprotocol/v4-proto/src/codegen/dydxprotocol',
);
const load = (file: string): unknown => require(join(folder, `${file}.js`));

export const clob = load('clob/tx') as {
  readonly MsgPlaceOrder: Decoder<{ readonly order: WireOrder | undefined }>;
  readonly MsgCancelOrder: Decoder<{ readonly orderId: WireOrderId | undefined } & WireExpiry>;
  readonly MsgBatchCancel: Decoder<{
    readonly subaccountId: WireSubaccount | undefined;
    readonly shortTermCancels: readonly {
      readonly clobPairId: number;
      readonly clientIds: readonly number[];
    }[];
    readonly goodTilBlock: number;
  }>;
  readonly MsgUpdateLeverage: Decoder<{
    readonly subaccountId: WireSubaccount | undefined;
    readonly clobPairLeverage: readonly {
      readonly clobPairId: number;
      readonly customImfPpm: number;
    }[];
  }>;
  readonly MsgProposedOperations: Encoder;
};

export const sending = load('sending/transfer') as {
  readonly MsgDepositToSubaccount: Decoder<{
    readonly sender: string;
    readonly recipient: WireSubaccount | undefined;
    readonly assetId: number;
    readonly quantums: WireInteger;
  }>;
  readonly MsgWithdrawFromSubaccount: Decoder<{
    readonly sender: WireSubaccount | undefined;
    readonly recipient: string;
    readonly assetId: number;
    readonly quantums: WireInteger;
  }>;
};

export const { MsgCreateTransfer } = load('sending/tx') as {
  readonly MsgCreateTransfer: Decoder<{
    readonly transfer:
      | {
          readonly sender: WireSubaccount | undefined;
          readonly recipient: WireSubaccount | undefined;
          readonly assetId: number;
          readonly amount: WireInteger;
        }
      | undefined;
  }>;
};

export const accountplus = load('accountplus/tx') as {
  readonly TxExtension: Decoder<{ readonly selectedAuthenticators: readonly WireInteger[] }>;
  readonly MsgAddAuthenticator: Decoder<{
    readonly sender: string;
    readonly authenticatorType: string;
    readonly data: Uint8Array;
  }>;
  readonly MsgRemoveAuthenticator: Decoder<{ readonly sender: string; readonly id: WireInteger }>;
  readonly MsgAddAuthenticatorResponse: Encoder;
  readonly MsgRemoveAuthenticatorResponse: Encoder;
};

interface ByOwner {
  readonly owner: string;
  readonly number: number;
}

interface ById {
  readonly id: number;
}

export const queries = {
  accountplus: load('accountplus/query') as {
    readonly GetAuthenticatorsRequest: Decoder<{ readonly account: string }>;
    readonly GetAuthenticatorsResponse: Encoder;
    readonly AccountStateRequest: Decoder<{ readonly address: string }>;
    readonly AccountStateResponse: Encoder;
  },
  clob: load('clob/query') as {
    readonly QueryGetClobPairRequest: Decoder<ById>;
    readonly QueryClobPairResponse: Encoder;
    readonly QueryAllClobPairRequest: Decoder<Paged>;
    readonly QueryClobPairAllResponse: Encoder;
    readonly QueryEquityTierLimitConfigurationResponse: Encoder;
    readonly QueryBlockRateLimitConfigurationResponse: Encoder;
    readonly QueryStatefulOrderRequest: Decoder<{ readonly orderId: WireOrderId | undefined }>;
    readonly QueryStatefulOrderResponse: Encoder;
    readonly QueryLeverageRequest: Decoder<ByOwner>;
    readonly QueryLeverageResponse: Encoder;
  },
  feetiers: load('feetiers/query') as {
    readonly QueryPerpetualFeeParamsResponse: Encoder;
    readonly QueryUserFeeTierRequest: Decoder<{ readonly user: string }>;
    readonly QueryUserFeeTierResponse: Encoder;
  },
  perpetuals: load('perpetuals/query') as {
    readonly QueryPerpetualRequest: Decoder<ById>;
    readonly QueryPerpetualResponse: Encoder;
    readonly QueryAllPerpetualsRequest: Decoder<Paged>;
    readonly QueryAllPerpetualsResponse: Encoder;
    readonly QueryAllLiquidityTiersRequest: Decoder<Paged>;
    readonly QueryAllLiquidityTiersResponse: Encoder;
  },
  prices: load('prices/query') as {
    readonly QueryMarketPriceRequest: Decoder<ById>;
    readonly QueryMarketPriceResponse: Encoder;
    readonly QueryAllMarketPricesRequest: Decoder<Paged>;
    readonly QueryAllMarketPricesResponse: Encoder;
  },
  stats: load('stats/query') as {
    readonly QueryUserStatsRequest: Decoder<{ readonly user: string }>;
    readonly QueryUserStatsResponse: Encoder;
  },
  subaccounts: load('subaccounts/query') as {
    readonly QueryGetSubaccountRequest: Decoder<ByOwner>;
    readonly QuerySubaccountResponse: Encoder;
    readonly QueryAllSubaccountRequest: Decoder<Paged>;
    readonly QuerySubaccountAllResponse: Encoder;
    readonly QueryGetWithdrawalAndTransfersBlockedInfoResponse: Encoder;
  },
};

export interface Paged {
  readonly pagination:
    | { readonly key: Uint8Array; readonly offset: WireInteger; readonly limit: WireInteger }
    | undefined;
}

/** Missing fields get their defaults. */
export const encodeWith = (codec: Encoder, value: object): Uint8Array =>
  codec.encode(codec.fromPartial(value)).finish();

export const wireInteger = (value: WireInteger): bigint => BigInt(value.toString());

/** The chain's encoding of big integers: 2 or 3 for the sign, then the magnitude, big-endian. */
export function serializedInt(value: bigint): Uint8Array {
  const magnitude = value < 0n ? -value : value;
  const hex = magnitude === 0n ? '' : magnitude.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Buffer.concat([Buffer.of(value < 0n ? 3 : 2), Buffer.from(even, 'hex')]);
}
