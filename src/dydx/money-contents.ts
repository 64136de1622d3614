/** Funding payments and transfers, read exactly. All readers throw `Unreadable`. */
import type { FundingPayment, Transfer } from '../model/account.js';
import { parseDecimal } from '../model/decimal.js';
import { divideFloor, powerOfTen, usd, USD_SCALE, type Usd } from '../model/quantities.js';
import { readHeight, readTime } from './market-contents.js';
import type { FundingPaymentObject, TransferObject } from './schemas.js';
import { readable, readMarketId, Unreadable } from './unreadable.js';

const QUOTE_ASSET = 'USDC';
/** The most decimal places that a payment may have. */
const PAYMENT_SCALE = 40;

/** The chain settles whole units, rounded towards −∞; the indexer may tell more places. */
export function readFundingPayment(row: FundingPaymentObject): FundingPayment {
  return {
    market: readMarketId(row.ticker),
    height: readHeight(row.createdAtHeight),
    at: readTime(row.createdAt),
    payment: usdFloor(row.payment),
  };
}

function usdFloor(text: string): Usd {
  const exact = readable(parseDecimal(text, PAYMENT_SCALE));
  return usd(divideFloor(exact, powerOfTen(PAYMENT_SCALE - USD_SCALE)));
}

/** Nothing for what moves another asset. */
export function readTransfer(row: TransferObject): readonly Transfer[] {
  if (row.symbol !== QUOTE_ASSET) return [];
  const size = readable(parseDecimal(row.size, USD_SCALE));
  if (size < 0n) throw new Unreadable(`expected a transfer of ≥ 0, was ${row.size.slice(0, 64)}`);
  const comes = row.type === 'TRANSFER_IN' || row.type === 'DEPOSIT';
  return [
    {
      transferId: row.id,
      height: readHeight(row.createdAtHeight),
      at: readTime(row.createdAt),
      amount: usd(comes ? size : 0n - size),
    },
  ];
}
