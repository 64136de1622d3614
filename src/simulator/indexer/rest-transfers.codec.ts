/** REST about money that moves: transfers, deposits and withdrawals, and funding payments. */
import type { ExchangeTransfer, FundingPayment } from '../chain-messages.js';
import type { SubaccountId } from '../order-terms.js';
import { parentOf } from './account-objects.codec.js';
import type { IndexerState } from './indexer-state.codec.js';
import { rateText } from './market-objects.js';
import { noSubaccount } from './rest-accounts.codec.js';
import { found, missing } from './rest-errors.js';
import type { Account, AccountKind } from './rest-parameters.js';
import { byEventId, isAfter, isBefore, membersOf, pageOf, type Ask } from './rest-question.js';
import { fundingIndexText, isoText, oracleText, sizeText, usdText } from './wire-units.js';
import { transferUuid } from './venue-ids.codec.js';

const BETWEEN_MAX = 1000;

type Party = ExchangeTransfer['sender'];
type Transfers = readonly ExchangeTransfer[];

const isParty = ({ address, number }: Party, id: SubaccountId): boolean =>
  address === id.owner && number === id.number;

/** Newest first. */
export const askTransfers: Ask = ({ state, read }) => {
  const account = read.account('subaccount');
  const limit = read.limit();
  const before = read.bounds('createdBeforeOrAt');
  const page = read.page();
  return () => {
    const { owner, number } = account;
    const id = { owner, number };
    if (state.exchange.subaccount(id) === undefined) return noSubaccount(account);
    const transfers = state.exchange.transfers(id).filter((each) => isBefore(before, each));
    const { shown, totals } = pageOf(transfers, { limit, page });
    return found({
      transfers: shown.map((transfer) =>
        transferObject(transfer, isParty(transfer.sender, id), ownParty),
      ),
      ...totals,
    });
  };
};

/** The children count as one: what moves between them is not told. */
export const askParentTransfers: Ask = ({ state, read }) => {
  const account = read.account('parent');
  const limit = read.limit();
  const before = read.bounds('createdBeforeOrAt');
  const page = read.page();
  return () => {
    const { owner, text } = account;
    const members = membersOf(state, account);
    if (members.length === 0) {
      const parent = `parentSubaccountNumber ${text}`;
      return missing(`No subaccount found with address ${owner} and ${parent}`);
    }
    const transfers = unique(members.flatMap((id) => state.exchange.transfers(id)))
      .filter(
        ({ sender, recipient }) => isOfParent(account, sender) !== isOfParent(account, recipient),
      )
      .filter((each) => isBefore(before, each));
    const { shown, totals } = pageOf(transfers, { limit, page });
    return found({
      transfers: shown.map((transfer) =>
        transferObject(transfer, isOfParent(account, transfer.sender), parentParty),
      ),
      ...totals,
    });
  };
};

/** Both ways between two subaccounts; the total is what the recipient has got of the source. */
export const askTransfersBetween: Ask = ({ state, read }) => {
  const before = read.bounds('createdBeforeOrAt');
  const source = read.party('source');
  const recipient = read.party('recipient');
  return () => {
    const between = state.exchange
      .transfers(source)
      .filter((each) => isParty(each.sender, recipient) || isParty(each.recipient, recipient));
    const net = between.reduce(
      (sum, { sender, quoteQuantums }) =>
        sum + (isParty(sender, source) ? quoteQuantums : -quoteQuantums),
      0n,
    );
    return found({
      transfersSubset: between
        .filter((each) => isBefore(before, each))
        .slice(0, BETWEEN_MAX)
        .map((each) => transferObject(each, isParty(each.sender, source), ownParty)),
      totalNetTransfers: usdText(net),
    });
  };
};

const ownParty = ({ address, number }: Party) => ({ address, subaccountNumber: number });
const parentParty = ({ address, number }: Party) => ({
  address,
  parentSubaccountNumber: number && parentOf({ owner: address, number }).number,
});

const isOfParent = ({ owner, number }: Account, party: Party): boolean =>
  party.number !== undefined &&
  party.address === owner &&
  parentOf({ owner, number: party.number }).number === number;

function transferObject(
  transfer: ExchangeTransfer,
  isOutgoing: boolean,
  partyObject: (party: Party) => object,
) {
  const { sender, recipient } = transfer;
  const type = isOutgoing
    ? recipient.number === undefined
      ? 'WITHDRAWAL'
      : 'TRANSFER_OUT'
    : sender.number === undefined
      ? 'DEPOSIT'
      : 'TRANSFER_IN';
  return {
    id: transferUuid(transfer),
    sender: partyObject(sender),
    recipient: partyObject(recipient),
    size: usdText(transfer.quoteQuantums),
    createdAt: isoText(transfer.timeMs),
    createdAtHeight: String(transfer.height),
    symbol: 'USDC',
    type,
    transactionHash: transfer.transactionHash,
  };
}

/** Newest first, each once: both children of an inner transfer know it. */
const unique = (transfers: Transfers): Transfers =>
  [...new Map(transfers.map((transfer) => [transfer.eventId, transfer])).values()].sort((a, b) =>
    byEventId(b, a),
  );

/** Payments of zero are left out unless the flag is given: as text, even `false` means yes. */
export const askFundingPayments =
  (kind: AccountKind): Ask =>
  ({ state, read }) => {
    const account = read.account(kind);
    const limit = read.limit();
    read.bounds('createdBeforeOrAt');
    const after = { ...read.bounds('createdOnOrAfter'), height: undefined };
    const page = read.page();
    const ticker = read.queryTicker('ticker', (text) => state.marketOf(text) !== undefined);
    const showsZero = read.flag('showZeroPayments') !== undefined;
    return () => {
      const payments = membersOf(state, account)
        .flatMap((id) => state.exchange.fundingPayments(id).map((payment) => ({ id, payment })))
        .filter(({ payment }) => isAfter(after, payment) && (showsZero || payment.payment !== 0n))
        .filter(({ payment }) => kind === 'parent' || isOf(state, payment, ticker))
        .sort((a, b) => b.payment.height - a.payment.height);
      const { shown, totals } = pageOf(payments, { limit, page });
      return found({
        fundingPayments: shown.map(({ id, payment }) =>
          paymentObject(state, payment, kind === 'parent' ? String(id.number) : account.text),
        ),
        ...totals,
      });
    };
  };

const isOf = (state: IndexerState, { clobPairId }: FundingPayment, ticker: string | undefined) =>
  ticker === undefined || state.market(clobPairId).ticker === ticker;

function paymentObject(state: IndexerState, payment: FundingPayment, subaccountNumber: string) {
  const market = state.market(payment.clobPairId);
  return {
    subaccountNumber,
    createdAt: isoText(payment.timeMs),
    createdAtHeight: String(payment.height),
    perpetualId: String(payment.clobPairId),
    ticker: market.ticker,
    oraclePrice: oracleText(payment.priceE12),
    size: sizeText(market, payment.quantums),
    side: payment.quantums > 0n ? 'LONG' : 'SHORT',
    rate: rateText(payment.rate1hE12),
    payment: usdText(payment.payment),
    fundingIndex: fundingIndexText(market, payment.fundingIndex),
  };
}
