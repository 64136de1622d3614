/**
 * Which fields the chain knows of the messages that it takes. Its decoder refuses a transaction
 * with a field it does not know or whose wire type is wrong, at any depth; the codecs would skip
 * it.
 */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
/** Repeated numbers come packed as bytes, or one by one. */
const PACKED_FIXED32 = 'packed32';
const PACKED_VARINT = 'packed';

type Field = number | typeof PACKED_FIXED32 | typeof PACKED_VARINT | Shape;
export interface Shape {
  readonly [field: number]: Field;
}

const ANY = { 1: BYTES, 2: BYTES };
const COIN = { 1: BYTES, 2: BYTES };
export const TX_BODY: Shape = { 1: ANY, 2: BYTES, 3: VARINT, 1023: ANY, 2047: ANY };
export const AUTH_INFO: Shape = {
  1: { 1: ANY, 2: { 1: { 1: VARINT }, 2: BYTES }, 3: VARINT },
  2: { 1: COIN, 2: VARINT, 3: BYTES, 4: BYTES },
  3: { 1: COIN, 2: BYTES },
};

const SUBACCOUNT = { 1: BYTES, 2: VARINT };
const ORDER_ID = { 1: SUBACCOUNT, 2: FIXED32, 3: VARINT, 4: VARINT };
const TWAP_PARAMETERS = { 1: VARINT, 2: VARINT, 3: VARINT };
const ORDER = {
  1: ORDER_ID,
  2: VARINT,
  3: VARINT,
  4: VARINT,
  5: VARINT,
  6: FIXED32,
  7: VARINT,
  8: VARINT,
  9: VARINT,
  10: VARINT,
  11: VARINT,
  12: TWAP_PARAMETERS,
  13: { 1: BYTES, 2: VARINT },
  14: BYTES,
};

/** Every message and extension that a client may put into a transaction, by type URL. */
export const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ['/dydxprotocol.clob.MsgPlaceOrder', { 1: ORDER }],
  ['/dydxprotocol.clob.MsgCancelOrder', { 1: ORDER_ID, 2: VARINT, 3: FIXED32 }],
  [
    '/dydxprotocol.clob.MsgBatchCancel',
    { 1: SUBACCOUNT, 2: { 1: VARINT, 2: PACKED_FIXED32 }, 3: VARINT },
  ],
  ['/dydxprotocol.clob.MsgUpdateLeverage', { 1: SUBACCOUNT, 2: { 1: VARINT, 2: VARINT } }],
  [
    '/dydxprotocol.sending.MsgCreateTransfer',
    { 1: { 1: SUBACCOUNT, 2: SUBACCOUNT, 3: VARINT, 4: VARINT } },
  ],
  [
    '/dydxprotocol.sending.MsgDepositToSubaccount',
    { 1: BYTES, 2: SUBACCOUNT, 3: VARINT, 4: VARINT },
  ],
  [
    '/dydxprotocol.sending.MsgWithdrawFromSubaccount',
    { 1: BYTES, 2: SUBACCOUNT, 3: VARINT, 4: VARINT },
  ],
  ['/cosmos.bank.v1beta1.MsgSend', { 1: BYTES, 2: BYTES, 3: COIN }],
  ['/dydxprotocol.accountplus.MsgAddAuthenticator', { 1: BYTES, 2: BYTES, 3: BYTES }],
  ['/dydxprotocol.accountplus.MsgRemoveAuthenticator', { 1: BYTES, 2: VARINT }],
  ['/dydxprotocol.accountplus.TxExtension', { 1: PACKED_VARINT }],
]);

const WIRE_TYPES = ['varint', 'fixed64', 'bytes', 'start_group', 'end_group', 'fixed32'];
/** Fields with this bit may be unknown in a transaction's body, and only there. */
const NON_CRITICAL_BIT = 10;

export interface FieldCheck {
  readonly typeUrl: string;
  readonly shape: Shape;
  readonly allowsNonCritical: boolean;
}

/** The first field that does not belong there, in the SDK's words; throws on broken bytes. */
export function strangeField(bytes: Uint8Array, check: FieldCheck): string | undefined {
  let position = 0;
  while (position < bytes.length) {
    const tag = readVarint(bytes, position);
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    const end = fieldEnd(bytes, tag.end, wireType);
    const strange = checkField(check, { number, wireType, content: end.content });
    if (strange !== undefined) return strange;
    position = end.position;
  }
  return undefined;
}

function checkField(
  check: FieldCheck,
  field: { readonly number: number; readonly wireType: number; readonly content: Uint8Array },
): string | undefined {
  const { typeUrl, shape, allowsNonCritical } = check;
  const { number, wireType, content } = field;
  const expected = shape[number];
  const type = WIRE_TYPES[wireType] ?? String(wireType);
  if (expected === undefined) {
    const isNonCritical = Math.floor(number / 2 ** NON_CRITICAL_BIT) % 2 === 1;
    if (allowsNonCritical && isNonCritical) return undefined;
    return `errUnknownField "${typeUrl}": {TagNum: ${number}, WireType:"${type}"}`;
  }
  if (!fits(expected, wireType)) {
    return `errMismatchedWireType "${typeUrl}": {TagNum: ${number}, GotWireType: "${type}"}`;
  }
  return typeof expected === 'object'
    ? strangeField(content, { ...check, shape: expected })
    : undefined;
}

function fits(expected: Field, wireType: number): boolean {
  if (typeof expected === 'object') return wireType === BYTES;
  if (expected === PACKED_FIXED32) return wireType === BYTES || wireType === FIXED32;
  if (expected === PACKED_VARINT) return wireType === BYTES || wireType === VARINT;
  return wireType === expected;
}

function fieldEnd(bytes: Uint8Array, start: number, wireType: number) {
  const skip = (length: number) => {
    if (start + length > bytes.length) throw new RangeError('unexpected EOF');
    return { position: start + length, content: bytes.subarray(start, start + length) };
  };
  switch (wireType) {
    case VARINT:
      return skip(readVarint(bytes, start).end - start);
    case FIXED64:
      return skip(8);
    case FIXED32:
      return skip(4);
    case BYTES: {
      const length = readVarint(bytes, start);
      const position = length.end + length.value;
      if (position > bytes.length) throw new RangeError('unexpected EOF');
      return { position, content: bytes.subarray(length.end, position) };
    }
    default:
      throw new RangeError(`proto: illegal wireType ${wireType}`);
  }
}

/** The value is exact up to 2^53, which is more than any tag or length may have. */
function readVarint(bytes: Uint8Array, start: number) {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) throw new RangeError('unexpected EOF');
    value += (byte % 128) * 2 ** (7 * index);
    if (byte < 128) return { value, end: start + index + 1 };
  }
  throw new RangeError('proto: integer overflow');
}
