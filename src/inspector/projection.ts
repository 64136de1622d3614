/**
 * What of an actor's context and events may be shown: an allow-list of field names, at every depth.
 * A field that nobody listed does not leave, so a secret cannot leave by being forgotten. Total: it
 * never throws, whatever it is given.
 */

/** Names that may be shown. Everything else is left out. */
const SHOWN = new Set(
  `type market markets strategy name side size price state status value reason reasons code text
  message attempts epoch lastError wanted confirmed channel id orderId clientId intentId wishId
  fillId filled goodTilBlock purpose timeInForce reduceOnly request height heights sweptTo end
  decision confidence direction quality rank position positions verdict breach breaches cause
  causes severity latched evidence at level by denial granted key keys connectionId subscriptions
  subscription until engaged maxPositions paused warm gate totalFilled removalReason fact facts
  answer txHash completeTo network mode subaccount step steps retryable sockets strategies
  failures live frozen wish delay count input output error`.split(/\s+/),
);

/**
 * Tables are keyed by market, order id or cause; only rows, never plain values, go by such a key.
 */
const ROW_KEY = /^([A-Za-z0-9.,_/+$-]+-USD|[0-9a-f-]{36}|[a-z-]+\.[a-z-]+|operator|drawdown)$/;

const DEEPEST = 8;
const LONGEST_LIST = 50;
const LONGEST_TEXT = 200;

/** JSON-safe copy with listed fields only; bigint as text, cycles and depth cut. */
export function project(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.slice(0, LONGEST_TEXT);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean' || value === null || value === undefined) return value;
  if (typeof value !== 'object') return undefined;
  if (depth > DEEPEST) return '…';
  try {
    if (value instanceof Error) return { name: value.name };
    if (Array.isArray(value)) {
      return value.slice(0, LONGEST_LIST).map((item) => project(item, depth + 1));
    }
    return projectFields(value, depth);
  } catch {
    return '[unreadable]';
  }
}

function projectFields(value: object, depth: number): unknown {
  if ('sessionId' in value && 'getSnapshot' in value) return '[actor]';
  const shown: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const isRow = typeof field === 'object' && ROW_KEY.test(name);
    if (SHOWN.has(name) || isRow) shown[name] = project(field, depth + 1);
  }
  return shown;
}
