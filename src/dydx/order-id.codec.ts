/** The indexer's ids: UUIDs of version 5 over names, computed before anything is sent. */
import { createHash } from 'node:crypto';
import type { Subaccount } from '../model/account.js';
import type { Liquidity } from '../model/order.js';
import type { Lifetime } from '../model/stateful-order.js';
import { fillId, orderId, type ClientId, type FillId, type OrderId } from '../model/quantities.js';

const NAMESPACE = Buffer.from('0f9da948a6fb4c459edc4685c3f3317d', 'hex');
/** The kind of an order, as a part of its id. */
export const ORDER_FLAGS = { shortTerm: 0, conditional: 32, longTerm: 64 } as const;

export const orderFlags = (lifetime: Lifetime | undefined): number =>
  ORDER_FLAGS[lifetime?.kind ?? 'shortTerm'];

/** RFC 4122 version 5: SHA-1 over namespace and name, with the version and variant bits set. */
function uuid(name: string): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(name, 'utf8').digest();
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex', 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export const subaccountId = ({ address, number }: Subaccount): string =>
  uuid(`${address}-${number}`);

/** The key of an order on every channel. It does not contain the good-til-block. */
export const orderIdOf = (order: {
  readonly subaccount: Subaccount;
  readonly clientId: ClientId;
  readonly venueNumber: number;
  readonly flags?: number;
}): OrderId => {
  const flags = order.flags ?? ORDER_FLAGS.shortTerm;
  const owner = subaccountId(order.subaccount);
  return orderId(uuid(`${owner}-${order.clientId}-${order.venueNumber}-${flags}`));
};

/** `eventId` as the socket gives it with the fill: 24 hex digits. */
export const fillIdOf = (eventId: string, liquidity: Liquidity): FillId =>
  fillId(uuid(`${eventId}-${liquidity === 'taker' ? 'TAKER' : 'MAKER'}`));
