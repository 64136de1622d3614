/** The two coins of the chain by their denominations, and what a transaction must pay for gas. */
import { divideCeil } from '../../model/quantities.js';
import type { WalletDenom } from '../chain-messages.js';

export const USDC_DENOM = 'ibc/8E27BA2D5493AF5636760E354E46004562C46AB7EC0CC4C1CA14E9E20E2545B5';
export const NATIVE_DENOM = 'adydx';
/** What the native coin is called on testnet: clients made for it are understood. */
const NATIVE_DENOM_OF_TESTNET = 'adv4tnt';

export interface Coin {
  readonly denom: string;
  readonly amount: string;
}

/** Undefined for a coin that nobody has. */
export function walletDenom(denom: string): WalletDenom | undefined {
  if (denom === USDC_DENOM) return 'usdc';
  return denom === NATIVE_DENOM || denom === NATIVE_DENOM_OF_TESTNET ? 'native' : undefined;
}

/** Price of one unit of gas: 0.025 µUSDC, or 25 000 000 000 adydx. */
const GAS_PRICES_MILLI: Readonly<Record<WalletDenom, bigint>> = {
  usdc: 25n,
  native: 25_000_000_000_000n,
};

/** Rounded up, in the coin's smallest unit. */
export const requiredFee = (denom: WalletDenom, gas: bigint): bigint =>
  divideCeil(GAS_PRICES_MILLI[denom] * gas, 1_000n);

export interface Fee {
  readonly coins: readonly Coin[];
  readonly gasLimit: bigint;
  /** Empty: the first signer. */
  readonly payer: string;
}

/** The first coin that pays for the gas; undefined when none does. */
export function paidFee(
  fee: Fee,
): { readonly denom: WalletDenom; readonly amount: bigint } | undefined {
  for (const coin of fee.coins) {
    const denom = walletDenom(coin.denom);
    if (denom === undefined || !/^\d+$/.test(coin.amount)) continue;
    const amount = BigInt(coin.amount);
    if (amount >= requiredFee(denom, fee.gasLimit)) return { denom, amount };
  }
  return undefined;
}

export const feeText = ({ coins }: Fee): string =>
  coins.map(({ denom, amount }) => `${amount}${denom}`).join(',');
