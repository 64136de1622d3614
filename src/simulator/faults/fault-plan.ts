/**
 * What may go wrong at the simulated exchange, and how badly: one flat table of named faults, each
 * with unit, range and meaning, all off by default. A change is checked as a whole, and every
 * mistake in it is told at once.
 */
import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

const DAY_MS = 86_400_000;

interface FaultRow<Unit extends string, Schema extends TSchema> {
  readonly unit: Unit;
  readonly schema: Schema;
  readonly off: Static<Schema>;
  readonly expected: string;
  readonly meaning: string;
}

const share = (meaning: string) => ({
  unit: 'share' as const,
  schema: Type.Number({ minimum: 0, maximum: 1 }),
  off: 0,
  expected: 'a share from 0 to 1',
  meaning,
});

function ms(meaning: string, { min = 0, off = 0 } = {}) {
  const schema = Type.Number({ minimum: min, maximum: DAY_MS });
  const expected = `milliseconds from ${min} to ${DAY_MS}`;
  return { unit: 'ms' as const, schema, off, expected, meaning };
}

function whole<Unit extends string>(
  unit: Unit,
  [minimum, maximum, off]: readonly [number, number, number],
  meaning: string,
) {
  const schema = Type.Integer({ minimum, maximum });
  return { unit, schema, off, expected: `a whole number from ${minimum} to ${maximum}`, meaning };
}

/** `…EveryMs` is the mean of exponential times between strikes; 0 is never. */
export const FAULTS = {
  'socket.drop': share('Frames that are lost.'),
  'socket.duplicate': share('Frames that come twice.'),
  'socket.delayMs': ms('Added to the way of every frame; the order is kept.'),
  'socket.delayTailMs': ms('Mean of an exponential delay on top; the order is kept.'),
  'socket.reorder': share('Frames that later ones overtake.'),
  'socket.reorderWindow': whole('frames', [1, 100, 4], 'Overtaken by 1 up to this many frames.'),
  'socket.mute': {
    unit: 'switch' as const,
    schema: Type.Boolean(),
    off: false,
    expected: 'true or false',
    meaning: 'Connections stay and pings are answered, but all frames are lost.',
  },
  'socket.muteEveryMs': ms('Between the mute times of a connection.'),
  'socket.muteForMs': ms('How long such a time is.', { min: 1, off: 5000 }),
  'socket.halfOpenEveryMs': ms('Until a connection hangs: nothing in or out, no pong, no close.'),
  'socket.closeEveryMs': ms('Until a connection is closed.'),
  'socket.closeCode': whole('code', [1000, 4999, 1012], 'Its close code; 1006 cuts it.'),
  'socket.refuse': share('New connections that are refused.'),
  'indexer.lagBlocks': whole('blocks', [0, 10_000, 0], 'WebSocket and REST are behind the chain.'),
  'indexer.clockSkewMs': ms('Added to the time that `/v4/time` tells.', { min: -DAY_MS }),
  'snapshot.fail': share('Subscribes that are answered with an internal error.'),
  'snapshot.forbidden': share('Subscribes to accounts that are refused as REST does with a 403.'),
  'snapshot.slowMs': ms('Mean of an exponential delay of snapshots; above 5 s they fail.'),
  'book.late': share('Level removals that the indexer hears late: its book is crossed.'),
  'book.lost': share('Level removals that only a sweep finds after minutes: ghosts.'),
  'rest.tooMany': share('REST answers that are 429, Retry-After in ms.'),
  'rest.forbidden': share('REST answers that are 403, GEOBLOCKED.'),
  'rest.error': share('REST answers with the status of `rest.errorStatus`.'),
  'rest.errorStatus': whole('status', [500, 599, 500], 'Status of `rest.error`.'),
  'rest.hang': share('REST requests that are never answered.'),
  'rest.truncate': share('REST answers that break off within the body.'),
  'rest.slowMs': ms('Mean of an exponential delay of REST answers.'),
  'validator.badGateway': share('RPC answers that are 502; a WebSocket is cut instead.'),
  'validator.hang': share('RPC requests that are neither processed nor answered.'),
  'broadcast.loseReply': share('Transactions that are processed and their answer cut off.'),
  'broadcast.loseRequest': share('Transactions that are cut off before they are processed.'),
  'broadcast.reject': share('Transactions that are refused with `broadcast.rejectWith`.'),
  'broadcast.rejectWith': {
    unit: 'codespace.code' as const,
    schema: Type.String({ pattern: '^[a-z]{2,20}\\.[1-9][0-9]{0,5}$' }),
    off: 'clob.5001',
    expected: 'a codespace and a code, such as clob.5001 or sdk.32',
    meaning: 'Code of `broadcast.reject`.',
  },
  'broadcast.delayMs': ms('Mean of an exponential delay before a transaction is looked at.'),
  'chain.slowFactor': {
    unit: 'factor' as const,
    schema: Type.Number({ minimum: 1, maximum: 1000 }),
    off: 1,
    expected: 'a factor from 1 to 1000',
    meaning: 'Blocks take so many times longer.',
  },
  'chain.haltEveryMs': ms('Between the halts of the chain.'),
  'chain.haltForMs': ms('How long such a halt is.', { min: 1, off: 60_000 }),
  'chain.clockSkewMs': ms('Added to the time that blocks carry.', { min: -DAY_MS }),
  'chain.lateCancels': share('Short-term cancels that come too late for the proposer.'),
  'chain.missedMatches': share('Short-term orders that match nothing and are removed.'),
  'oracle.jumpEveryMs': ms('Between the jumps of an oracle price, one market at a time.'),
  'oracle.jumpPpm': whole('ppm', [1, 900_000, 50_000], 'How far it jumps, up or down.'),
  'market.suspendEveryMs': ms('Between suspensions of a market (INITIALIZING).'),
  'market.suspendForMs': ms('How long it is suspended.', { min: 1, off: 30_000 }),
} satisfies Readonly<Record<string, FaultRow<string, TSchema>>>;

type Faults = typeof FAULTS;
export type FaultName = keyof Faults;
export type FaultPlan = { readonly [K in FaultName]: Static<Faults[K]['schema']> };
/** Faults that strike a share of the cases. */
export type ShareName = {
  [K in FaultName]: Faults[K]['unit'] extends 'share' ? K : never;
}[FaultName];
/** Mean times that chance draws from. */
export type MeanName = {
  [K in FaultName]: Faults[K]['unit'] extends 'ms' ? K : never;
}[FaultName];

export interface FaultProblem {
  /** Name of the fault, or `(plan)` for the whole. */
  readonly path: string;
  readonly value: unknown;
  readonly expected: string;
}

export type FaultReading =
  | { readonly ok: true; readonly plan: FaultPlan }
  | { readonly ok: false; readonly problems: readonly FaultProblem[] };

export const NO_FAULTS = Object.fromEntries(
  Object.entries(FAULTS).map(([name, { off }]) => [name, off]),
) as FaultPlan;

const schemas = Object.entries(FAULTS).map(([name, { schema }]) => [name, schema] as const);
const validator = Compile(
  Type.Object(Object.fromEntries(schemas), { additionalProperties: false, minProperties: 0 }),
);

/** `changes` (name → value, already of the right types) on top of a plan. */
export function readFaultPlan(changes: unknown, base: FaultPlan = NO_FAULTS): FaultReading {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) {
    const expected = 'an object of fault names and values';
    return { ok: false, problems: [{ path: '(plan)', value: changes, expected }] };
  }
  const plan = { ...base, ...changes };
  if (validator.Check(plan)) return { ok: true, plan };
  const problems = Object.entries(changes).flatMap(([name, value]) => {
    if (!isFaultName(name)) return [{ path: name, value: name, expected: suggestion(name) }];
    const isWrong = !validator.Check({ ...NO_FAULTS, [name]: value });
    return isWrong ? [{ path: name, value, expected: FAULTS[name].expected }] : [];
  });
  return { ok: false, problems };
}

/** Texts `name=value` as a command line has them → changes for `readFaultPlan`. */
export function parseFaults(texts: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      return at < 0 ? [text, undefined] : [text.slice(0, at), readValue(text.slice(at + 1))];
    }),
  );
}

function readValue(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

const isFaultName = (name: string): name is FaultName => Object.hasOwn(FAULTS, name);

/** The faults of the same section, or the sections. */
function suggestion(name: string): string {
  const names = Object.keys(FAULTS);
  const section = `${name.split('.')[0]}.`;
  const near = names.filter((known) => known.startsWith(section));
  const sections = [...new Set(names.map((known) => `${known.split('.')[0]}.…`))];
  return `the name of a fault: one of ${(near.length > 0 ? near : sections).join(', ')}`;
}

/** One line per mistake: `socket.drop: expected a share from 0 to 1, was 2`. */
export const problemText = ({ path, value, expected }: FaultProblem): string =>
  `${path}: expected ${expected}, was ${JSON.stringify(value)?.slice(0, 80) ?? 'nothing'}`;

/** What has been turned on: everything that differs from off. */
export const activeFaults = (plan: FaultPlan): Partial<FaultPlan> =>
  Object.fromEntries(
    Object.entries(plan).filter(([name, value]) => value !== NO_FAULTS[name as FaultName]),
  );
