/**
 * What the authenticators of an account let a key do in the account's name: proof, before anything
 * is signed, that a trading key can place and cancel orders and nothing else. All authenticators
 * are looked at, not only the one that is to be used: the key could use each of them.
 *
 * 1. A tree lets through the messages that all parts of an AllOf do, and any part of an AnyOf.
 * 2. A signature of another key lets nothing of ours through.
 * 3. Filters of subaccounts and markets restrict nothing here: they are about orders only, and the
 *    chain has let other messages pass them.
 * 4. What cannot be read might permit anything.
 */
import { fail, ok, type Result } from '../model/result.js';

/** As the chain stores it. */
export interface StoredAuthenticator {
  /** Decimal. */
  readonly id: string;
  readonly type: string;
  readonly config: Uint8Array;
}

const PLACE = '/dydxprotocol.clob.MsgPlaceOrder';
const CANCEL = '/dydxprotocol.clob.MsgCancelOrder';
const BATCH_CANCEL = '/dydxprotocol.clob.MsgBatchCancel';
const TRADING: ReadonlySet<string> = new Set([PLACE, CANCEL, BATCH_CANCEL]);
const NEEDED = [PLACE, CANCEL];
const DEPTH_MAX = 16;

/** Type URLs, or everything there is. */
type Permitted = ReadonlySet<string> | 'everything';
const NOTHING: Permitted = new Set();

export interface PermissionQuestion {
  readonly authenticators: readonly StoredAuthenticator[];
  /** Decimal; the one that is to be used. */
  readonly chosen: string;
  /** Of the trading key, compressed. */
  readonly publicKey: Uint8Array;
}

/** Nothing to say, or why the key must not be used. */
export function checkTradingKey(question: PermissionQuestion): Result<undefined> {
  const { authenticators, chosen, publicKey } = question;
  for (const authenticator of authenticators) {
    const permitted = permittedBy(authenticator, publicKey, 0);
    if (permitted === 'everything') {
      const words = `authenticator ${authenticator.id} lets the key send any message`;
      return fail('authenticator.permits-more', `${words}: expected orders and cancels only`);
    }
    const more = [...permitted].filter((typeUrl) => !TRADING.has(typeUrl));
    if (more.length > 0) {
      const words = `authenticator ${authenticator.id} lets the key send ${more.join(', ')}`;
      return fail('authenticator.permits-more', `${words}: expected orders and cancels only`);
    }
  }
  const own = authenticators.find(({ id }) => id === chosen);
  if (own === undefined) {
    const ids = authenticators.map(({ id }) => id).join(', ') || 'none';
    return fail('authenticator.missing', `the account has no authenticator ${chosen}, but ${ids}`);
  }
  const permitted = permittedBy(own, publicKey, 0);
  const missing = NEEDED.filter((url) => permitted !== 'everything' && !permitted.has(url));
  return missing.length === 0
    ? ok(undefined)
    : fail('authenticator.permits-less', `it does not let the key send ${missing.join(', ')}`);
}

function permittedBy(
  { type, config }: Pick<StoredAuthenticator, 'type' | 'config'>,
  publicKey: Uint8Array,
  depth: number,
): Permitted {
  if (depth > DEPTH_MAX) return 'everything';
  switch (type) {
    case 'SignatureVerification':
      return Buffer.from(config).equals(publicKey) ? 'everything' : NOTHING;
    case 'MessageFilter':
      return new Set(Buffer.from(config).toString('utf8').split(','));
    case 'AllOf':
    case 'AnyOf': {
      const parts = partsOf(config);
      if (parts === undefined || parts.length === 0) return 'everything';
      const permitted = parts.map((part) => permittedBy(part, publicKey, depth + 1));
      return type === 'AllOf' ? inAll(permitted) : inAny(permitted);
    }
    default:
      return 'everything';
  }
}

/** What each part permits; `everything` restricts nothing. */
function inAll(all: readonly Permitted[]): Permitted {
  const restricting = all.filter((one) => one !== 'everything');
  const [first, ...others] = restricting;
  if (first === undefined) return 'everything';
  return new Set([...first].filter((typeUrl) => others.every((other) => other.has(typeUrl))));
}

/** What any part permits. */
function inAny(all: readonly Permitted[]): Permitted {
  const urls = all.flatMap((one) => (one === 'everything' ? [] : [...one]));
  return all.includes('everything') ? 'everything' : new Set(urls);
}

/** JSON `[{"type":…,"config":base64}]`. */
function partsOf(config: Uint8Array): readonly { type: string; config: Uint8Array }[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(config).toString('utf8'));
    if (!Array.isArray(value)) return undefined;
    return value.map((entry: unknown) => {
      const { type, config: inner } = Object(entry) as { type?: unknown; config?: unknown };
      const bytes = Buffer.from(typeof inner === 'string' ? inner : '', 'base64');
      return { type: typeof type === 'string' ? type : '', config: bytes };
    });
  } catch {
    return undefined;
  }
}
