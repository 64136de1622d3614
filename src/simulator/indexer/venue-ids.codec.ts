/** The indexer's ids: UUIDs of version 5 over names, so that all can compute them beforehand. */
import { createHash } from 'node:crypto';
import type { ExchangeTransfer } from '../chain-messages.js';
import { ORDER_FLAGS, type SubaccountId, type VenueOrderId } from '../order-terms.js';

const NAMESPACE = Buffer.from('0f9da948a6fb4c459edc4685c3f3317d', 'hex');

/** RFC 4122 version 5: SHA-1 over namespace and name, version and variant bits set. */
export function uuidOf(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => hex.slice(from, to))
    .join('-');
}

export const subaccountUuid = (subaccount: SubaccountId): string =>
  uuidOf(`${subaccount.owner}-${subaccount.number}`);

/** What the chain sends for a TWAP order reports under that order. */
export const orderUuid = ({ subaccount, clientId, clobPairId, orderFlags }: VenueOrderId): string =>
  uuidOf(
    [
      subaccountUuid(subaccount),
      clientId,
      clobPairId,
      orderFlags === ORDER_FLAGS.twapSuborder ? ORDER_FLAGS.twap : orderFlags,
    ].join('-'),
  );

export const fillUuid = (eventId: string, liquidity: 'TAKER' | 'MAKER'): string =>
  uuidOf(`${eventId}-${liquidity}`);

export const positionUuid = (subaccount: SubaccountId, openEventId: string): string =>
  uuidOf(`${subaccountUuid(subaccount)}-${openEventId}`);

export const assetPositionUuid = (subaccount: SubaccountId, assetId: string): string =>
  uuidOf(`${subaccountUuid(subaccount)}-${assetId}`);

/** A wallet takes the second place of its side, a subaccount the first. */
export function transferUuid({ eventId, sender, recipient }: ExchangeTransfer): string {
  const [senderId, senderWallet] = partyIds(sender);
  const [recipientId, recipientWallet] = partyIds(recipient);
  return uuidOf(`${senderId}-${recipientId}-${senderWallet}-${recipientWallet}-${eventId}-0`);
}

const partyIds = ({ address, number }: ExchangeTransfer['sender']): readonly [string, string] =>
  number === undefined
    ? ['undefined', address]
    : [subaccountUuid({ owner: address, number }), 'undefined'];

/** Upper-case hex SHA-256: transaction and block hashes. */
export const sha256Hex = (content: Uint8Array | string): string =>
  createHash('sha256').update(content).digest('hex').toUpperCase();
