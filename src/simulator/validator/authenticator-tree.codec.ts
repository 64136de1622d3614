/**
 * Authenticators: what a permissioned key must satisfy, as a tree of filters and signatures. Read
 * from its stored configuration, then asked message by message.
 */
import type { CheckResult } from '../exchange-types.js';
import { moduleRefusal, sdkRefusal, UNDEFINED_ERROR } from './check-results.js';
import type { MessageContent, TransactionMessage } from './transaction-messages.js';

const PUBLIC_KEY_BYTES = 33;
/** Composites within composites: the chain bounds them only by the size of their configuration. */
const DEPTH_MAX = 16;

export interface AuthenticatorConfig {
  /** `SignatureVerification`, `MessageFilter`, …, `AllOf`, `AnyOf`. */
  readonly kind: string;
  readonly config: Uint8Array;
}

export type Authenticator =
  | { readonly kind: 'SignatureVerification'; readonly publicKey: Uint8Array }
  | { readonly kind: 'MessageFilter'; readonly typeUrls: readonly string[] }
  | {
      readonly kind: 'ClobPairIdFilter' | 'SubaccountFilter';
      readonly numbers: readonly number[];
    }
  | { readonly kind: 'AllOf' | 'AnyOf'; readonly parts: readonly Authenticator[] };

type Reading = { readonly authenticator: Authenticator } | { readonly refusal: CheckResult };

/** Reads a configuration as it is added: refused unless every way through it needs a signature. */
export function readNewAuthenticator(config: AuthenticatorConfig): Reading {
  const reading = readAuthenticator(config, 0);
  if ('refusal' in reading) return reading;
  return needsSignature(reading.authenticator) ? reading : { refusal: UNDEFINED_ERROR };
}

function readAuthenticator({ kind, config }: AuthenticatorConfig, depth: number): Reading {
  if (depth > DEPTH_MAX) return { refusal: UNDEFINED_ERROR };
  switch (kind) {
    case 'SignatureVerification':
      return config.length === PUBLIC_KEY_BYTES
        ? { authenticator: { kind, publicKey: config } }
        : { refusal: UNDEFINED_ERROR };
    case 'MessageFilter':
      return { authenticator: { kind, typeUrls: listOf(config) } };
    case 'ClobPairIdFilter':
    case 'SubaccountFilter': {
      const entries = listOf(config);
      return entries.every((entry) => /^\d+$/.test(entry))
        ? { authenticator: { kind, numbers: entries.map(Number) } }
        : { refusal: UNDEFINED_ERROR };
    }
    case 'AllOf':
    case 'AnyOf':
      return readComposite(kind, config, depth);
    default:
      return { refusal: UNDEFINED_ERROR };
  }
}

function readComposite(kind: 'AllOf' | 'AnyOf', config: Uint8Array, depth: number): Reading {
  const entries = readEntries(config);
  if (entries === undefined) return { refusal: UNDEFINED_ERROR };
  if (entries.length < 2) return { refusal: sdkRefusal(18, 'no sub-authenticators provided') };
  const parts: Authenticator[] = [];
  for (const entry of entries) {
    const part = readAuthenticator(entry, depth + 1);
    if ('refusal' in part) return part;
    parts.push(part.authenticator);
  }
  return { authenticator: { kind, parts } };
}

/** JSON `[{"type":…,"config":base64}]`. */
function readEntries(config: Uint8Array): readonly AuthenticatorConfig[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(config).toString('utf8'));
    if (!Array.isArray(value)) return undefined;
    return value.map((entry: unknown) => {
      const { type, config: inner } = { ...(entry as Readonly<Record<string, unknown>>) };
      const bytes = Buffer.from(typeof inner === 'string' ? inner : '', 'base64');
      return { kind: typeof type === 'string' ? type : '', config: bytes };
    });
  } catch {
    return undefined;
  }
}

const listOf = (config: Uint8Array): readonly string[] =>
  Buffer.from(config).toString('utf8').split(',');

function needsSignature(authenticator: Authenticator): boolean {
  switch (authenticator.kind) {
    case 'SignatureVerification':
      return true;
    case 'AllOf':
      return authenticator.parts.some(needsSignature);
    case 'AnyOf':
      return authenticator.parts.every(needsSignature);
    case 'MessageFilter':
    case 'ClobPairIdFilter':
    case 'SubaccountFilter':
      return false;
  }
}

export interface AuthenticationRequest {
  readonly message: TransactionMessage;
  /** The path of the authenticator within its tree, such as `3.0`. */
  readonly id: string;
  isSignedBy(publicKey: Uint8Array): boolean;
}

/** Undefined if the message may pass. */
export function authenticate(
  authenticator: Authenticator,
  request: AuthenticationRequest,
): CheckResult | undefined {
  const { message } = request;
  switch (authenticator.kind) {
    case 'SignatureVerification':
      return request.isSignedBy(authenticator.publicKey)
        ? undefined
        : failure(100, 'please verify account number, sequence and chain-id');
    case 'MessageFilter':
      return authenticator.typeUrls.includes(message.typeUrl)
        ? undefined
        : failure(101, `message types do not match. Got ${message.typeUrl}`);
    case 'ClobPairIdFilter':
      return filterPairs(authenticator.numbers, message);
    case 'SubaccountFilter':
      return filterSubaccounts(authenticator.numbers, message);
    case 'AllOf':
    case 'AnyOf':
      return authenticateParts(authenticator.kind, authenticator.parts, request);
  }
}

function authenticateParts(
  kind: 'AllOf' | 'AnyOf',
  parts: readonly Authenticator[],
  request: AuthenticationRequest,
): CheckResult | undefined {
  const failures: string[] = [];
  for (const [index, part] of parts.entries()) {
    const id = `${request.id}.${index}`;
    const refusal = authenticate(part, { ...request, id });
    if (refusal === undefined && kind === 'AnyOf') return undefined;
    if (refusal === undefined) continue;
    if (kind === 'AllOf') return failure(104, refusal.log);
    failures.push(`[${part.kind} (id = ${id})] ${refusal.log}; `);
  }
  if (kind === 'AllOf') return undefined;
  return failure(105, `all sub-authenticators failed to authenticate: ${failures.join('; ')}`);
}

/** Passes order messages of these markets, and no other message at all. */
function filterPairs(allowed: readonly number[], message: TransactionMessage) {
  for (const content of message.contents) {
    const pairs = pairsOf(content);
    if (pairs === undefined) {
      return failure(102, `ClobPairIdFilter does not authorize message type ${message.typeUrl}`);
    }
    const other = pairs.find((pair) => !allowed.includes(pair));
    if (other !== undefined) {
      return failure(102, `order id ${other} not in whitelist [${allowed.join(' ')}]`);
    }
  }
  return undefined;
}

/** Order messages must be of these subaccounts; other messages pass. */
function filterSubaccounts(allowed: readonly number[], message: TransactionMessage) {
  for (const content of message.contents) {
    const number = subaccountNumberOf(content);
    if (number !== undefined && !allowed.includes(number)) {
      return failure(103, `subaccount number ${number} not in whitelist [${allowed.join(' ')}]`);
    }
  }
  return undefined;
}

/** Undefined for messages that are not about orders. */
function pairsOf(content: MessageContent): readonly number[] | undefined {
  if (content.type === 'place') return [content.order.id.clobPairId];
  if (content.type === 'cancel') return [content.cancel.id.clobPairId];
  if (content.type === 'batchCancel') {
    return content.batch.batches.map(({ clobPairId }) => clobPairId);
  }
  return undefined;
}

function subaccountNumberOf(content: MessageContent): number | undefined {
  if (content.type === 'place') return content.order.id.subaccount.number;
  if (content.type === 'cancel') return content.cancel.id.subaccount.number;
  return content.type === 'batchCancel' ? content.batch.subaccount.number : undefined;
}

const FAILURES = {
  100: 'Signature verification failed',
  101: 'Message type verification failed',
  102: 'Clob pair id verification failed',
  103: 'Subaccount verification failed',
  104: 'AllOf verification failed',
  105: 'AnyOf verification failed',
} as const;

const failure = (code: keyof typeof FAILURES, reason: string): CheckResult =>
  moduleRefusal('accountplus', code, `${reason}: ${FAILURES[code]}`);
