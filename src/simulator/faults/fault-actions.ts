/** What can be made to happen at once: `POST /faults/now/<name>` and its settings. */
import Type, { type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { FaultProblem } from './fault-plan.js';
import type { FaultyHost } from './faulty-host.js';

const DAY_MS = 86_400_000;

const market = Type.String({ expected: 'a ticker like BTC-USD' });
const forMs = Type.Number({
  minimum: 1,
  maximum: DAY_MS,
  expected: `milliseconds, 1 to ${DAY_MS}`,
});
const count = Type.Integer({
  minimum: 1,
  maximum: 1000,
  expected: 'a whole number from 1 to 1000',
});

interface Action<Settings extends TSchema> {
  readonly settings: Settings;
  readonly meaning: string;
  /** Returns what is wrong with the settings beyond their types. */
  readonly run: (network: FaultyHost, settings: Static<Settings>) => readonly FaultProblem[];
}

const action = <S extends TSchema>(
  meaning: string,
  settings: S,
  run: (network: FaultyHost, settings: Static<S>) => readonly FaultProblem[] | void,
): Action<S> => ({
  settings,
  meaning,
  run: (network, given) => run(network, given) ?? [],
});

const settings = <P extends Type.TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

function withMarket(
  network: FaultyHost,
  ticker: string,
  work: (clobPairId: number) => void,
): readonly FaultProblem[] {
  const markets = network.host.exchange.markets().map((view) => view.market);
  const found = markets.find((known) => known.ticker === ticker);
  if (found === undefined) {
    const some = markets.slice(0, 5).map((known) => known.ticker);
    return [{ path: 'market', value: ticker, expected: `a market, such as ${some.join(', ')}` }];
  }
  work(found.clobPairId);
  return [];
}

export const FAULT_ACTIONS = {
  'cut-sockets': action('All connections end without a close frame.', settings({}), (network) =>
    network.close(1006),
  ),
  close: action(
    'All connections are closed with a code and a reason.',
    settings({
      code: Type.Integer({ minimum: 1000, maximum: 4999, expected: 'a code from 1000 to 4999' }),
      reason: Type.Optional(
        Type.String({ maxLength: 123, expected: 'a text of at most 123 characters' }),
      ),
    }),
    (network, { code, reason }) => network.close(code, reason),
  ),
  mute: action('All connections lose their frames.', settings({ forMs }), (network, given) =>
    network.mute(given.forMs),
  ),
  'half-open': action('All connections hang for good.', settings({}), (network) => network.hang()),
  'halt-blocks': action('No blocks.', settings({ forMs }), (network, given) =>
    network.host.chainFaults.halt(given.forMs),
  ),
  'resume-blocks': action('Ends a halt.', settings({}), ({ host }) => host.chainFaults.resume()),
  'oracle-jump': action(
    'The oracle price is multiplied by ratioPpm ÷ 1e6 in the next block.',
    settings({
      market,
      ratioPpm: Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        expected: 'a whole number from 1 to 1000000000',
      }),
    }),
    (network, given) =>
      withMarket(network, given.market, (id) => network.host.chainFaults.jump(id, given.ratioPpm)),
  ),
  'market-status': action(
    "A market's status changes in the next block.",
    settings({
      market,
      status: Type.Enum(['ACTIVE', 'INITIALIZING', 'FINAL_SETTLEMENT'], {
        expected: 'ACTIVE, INITIALIZING or FINAL_SETTLEMENT',
      }),
    }),
    (network, given) =>
      withMarket(network, given.market, (id) =>
        network.host.chainFaults.setStatus(id, given.status),
      ),
  ),
  'late-cancels': action(
    'So many of the next short-term cancels come too late for the proposer.',
    settings({ count }),
    (network, given) => network.host.chainFaults.lateCancels(given.count),
  ),
  'missed-matches': action(
    'So many of the next short-term orders match nothing and are removed.',
    settings({ count }),
    (network, given) => network.host.chainFaults.missedMatches(given.count),
  ),
};

export type FaultActionName = keyof typeof FAULT_ACTIONS;

export const isFaultAction = (name: string): name is FaultActionName =>
  Object.hasOwn(FAULT_ACTIONS, name);

/** Runs it, or returns all that is wrong with the settings. */
export function runFaultAction(
  network: FaultyHost,
  name: FaultActionName,
  given: unknown,
): readonly FaultProblem[] {
  const { settings: schema, run } = FAULT_ACTIONS[name] as Action<ReturnType<typeof settings>>;
  const validator = Compile(schema);
  if (validator.Check(given)) return run(network, given);
  const known: Readonly<Record<string, { readonly expected?: string }>> = schema.properties;
  const values: Readonly<Record<string, unknown>> =
    typeof given === 'object' && given !== null ? { ...given } : {};
  const names = new Set([...Object.keys(known), ...Object.keys(values)]);
  return [...names].flatMap((path) => {
    const one = Compile(settings({ [path]: known[path] ?? Type.Never() }));
    const isRight = one.Check(path in values ? { [path]: values[path] } : {});
    const expected =
      known[path]?.expected ?? `one of ${Object.keys(known).join(', ') || 'nothing'}`;
    return isRight ? [] : [{ path, value: values[path], expected }];
  });
}
