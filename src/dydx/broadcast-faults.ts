/**
 * What a failed broadcast proves. A code of the node is its word; a connection that never stood
 * proves that nothing was sent; anything else leaves the order unknown.
 */
import { answerOfCode, type Broadcast, type Refusal } from './check-tx-codes.js';

const TEXT_MAX = 300;
/** The client library's own, in front of the node's log. */
const CLIENT_WORDS = 'Broadcasting transaction failed: ';
/** The host was not found or refused the connection: no byte has left. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

interface ThrownByClient {
  readonly code?: unknown;
  readonly codespace?: unknown;
  readonly cause?: { readonly code?: unknown };
}

export function answerOfFault(
  broadcast: Broadcast,
  fault: unknown,
): Refusal | { readonly type: 'accepted' } {
  const message = (fault instanceof Error ? fault.message : String(fault)).slice(0, TEXT_MAX);
  const { code, codespace, cause } = Object(fault) as ThrownByClient;
  if (typeof code === 'number' && typeof codespace === 'string') {
    return answerOfCode(broadcast, { codespace, code, log: message.replace(CLIENT_WORDS, '') });
  }
  if (NEVER_CONNECTED.has(String(cause?.code))) {
    return { type: 'unsent', reason: `${message}: ${String(cause?.code)}` };
  }
  return { type: 'unknown', reason: message };
}
