/** A reconciliation: every step in its order, asked until it is answered, and seen from outside. */
import { EMPTY, of, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { assign, type SnapshotFrom } from 'xstate';
import {
  reconciliationMachine,
  type ReconcileAsk,
  type ReconcileFact,
} from '../../machines/reconciliation.machine.js';
import { holesOf } from '../../machines/unprovided.machine.js';
import { stateName } from '../../src/app/actor-observables.js';
import { explore, type Fact } from './explore.js';
import { host } from './host.js';
import { RECONCILE_STEPS, reconciliationOf, type ReconcileStepName } from './reconciliations.js';

type Answers = Partial<Record<ReconcileStepName, (n: number) => Observable<ReconcileFact>>>;

const read = (text: string, height?: number): Observable<ReconcileFact> =>
  of<ReconcileFact>({
    type: 'reconcile.read',
    text,
    ...(height === undefined ? {} : { height }),
  });
const agreed = of<ReconcileFact>({ type: 'reconcile.agreed', strategies: [] });
const failed = (reason: string) => of<ReconcileFact>({ type: 'reconcile.failed', reason });
const differs = (reason: string) => of<ReconcileFact>({ type: 'reconcile.differs', reason });

/** Answers every step at once unless told otherwise; `n` counts how often it was asked. */
function run(answers: Answers = {}) {
  const asked: string[] = [];
  const asks: (readonly [string, ReconcileAsk])[] = [];
  const counts = new Map<string, number>();
  const answer = (name: ReconcileStepName) => () => {
    const n = (counts.get(name) ?? 0) + 1;
    counts.set(name, n);
    const own = answers[name];
    if (own !== undefined) return own(n);
    return name === 'comparing' ? agreed : read('ok', name === 'fills' ? 100 : undefined);
  };
  const steps = Object.fromEntries(RECONCILE_STEPS.map((name) => [name, answer(name)]));
  const machine = reconciliationOf(steps, (name, ask) => {
    asked.push(name);
    asks.push([name, ask]);
  });
  const hosted = host(machine, { epoch: 3 });
  return {
    ...hosted,
    asked,
    asks,
    state: () => stateName(hosted.subject.getSnapshot().value),
    context: () => hosted.subject.getSnapshot().context,
  };
}

const ROUND = [
  'heights',
  'limits',
  'claim',
  'account',
  'orders',
  'unlisted',
  'fills',
  'merging',
  'blocks',
  'account',
  'fills',
  'merging',
  'comparing',
];

describe('a reconciliation', () => {
  it('goes through all its steps and tells what may trade', () => {
    const { asked, state, told, context } = run();
    expect(asked).toEqual(ROUND);
    expect(state()).toBe('agreed');
    expect(told).toEqual([{ type: 'reconcile.done', strategies: [] }]);
    expect(context().steps).toHaveLength(12);
    expect(context().steps.at(0)).toBe('heights: ok');
  });

  it('waits for two blocks more than the first reading of the fills had', () => {
    const { asks } = run({ fills: () => read('ok', 500) });
    expect(asks.find(([name]) => name === 'blocks')?.[1]).toEqual({ height: 502 });
  });

  it('begins anew two seconds after a difference that is in doubt', () => {
    const { asked, state, wait, told, context } = run({
      comparing: (n) => (n === 1 ? differs('BTC-USD 5/0') : agreed),
    });
    expect(state()).toBe('resting');
    expect(context()).toMatchObject({ attempts: 1, reason: 'BTC-USD 5/0', step: 'resting' });
    wait(1_950);
    expect(asked).toHaveLength(ROUND.length);
    wait(100);
    expect(asked).toEqual([...ROUND, ...ROUND]);
    expect(told).toHaveLength(1);
  });

  it.each(RECONCILE_STEPS.filter((name) => name !== 'comparing'))(
    'asks for %s again when it has failed, and goes on from there',
    (name) => {
      const { asked, state, wait, toldOf } = run({
        [name]: (n: number) => (n === 1 ? failed('no route') : read('ok', 100)),
      });
      expect(state()).toContain(`${name}.pausing`);
      expect(toldOf('step.failed')).toEqual([
        { type: 'step.failed', reason: `${name}: no route`, retryable: true },
      ]);
      wait(550);
      expect(state()).toBe('agreed');
      expect(asked.filter((step) => step !== name)).toEqual(ROUND.filter((step) => step !== name));
    },
  );

  it('pauses longer with every failure in a row, at most ten seconds', () => {
    const { asked, wait, toldOf } = run({ account: () => failed('down') });
    wait(60_000);
    // 0.5 + 1 + 2 + 4 + 8 s, then every ten.
    expect(asked.filter((step) => step === 'account')).toHaveLength(10);
    expect(toldOf('reconcile.done')).toEqual([]);
  });

  it.each([
    ['ends without an answer', () => EMPTY],
    ['breaks', () => throwError(() => new Error('defect'))],
  ])('asks again when a step %s', (_, orders) => {
    const { state, wait } = run({ orders: (n) => (n === 1 ? orders() : read('ok')) });
    expect(state()).toBe('reading.orders.pausing');
    wait(550);
    expect(state()).toBe('agreed');
  });
});

it('a reconciliation has a hole for each step', () => {
  expect(holesOf(reconciliationMachine)).toEqual([...RECONCILE_STEPS]);
  expect(holesOf(reconciliationOf())).toEqual([]);
});

describe('in every reachable state of a reconciliation', () => {
  const world: readonly Fact[] = [
    { type: 'reconcile.read', text: 't', height: 1 },
    { type: 'reconcile.failed', reason: 'r' },
    { type: 'reconcile.differs', reason: 'r' },
    { type: 'reconcile.agreed', strategies: [] },
  ];
  // A pure walk has no parent to tell: what is told is left out, what is noted stays.
  const silent = reconciliationOf().provide({
    actions: {
      tellAgreement: () => undefined,
      noteFailure: assign(({ context }) => ({ failures: context.failures + 1 })),
      noteSilence: () => undefined,
    },
  });
  const graph = explore(silent, {
    input: { epoch: 1 },
    world,
    abstract: (state) => (state as SnapshotFrom<typeof reconciliationMachine>).context.step,
  });

  it('all states are reached, and agreement from each of them', () => {
    expect(graph.unreached).toEqual([]);
    const isAgreed = (state: { value: unknown }) => state.value === 'agreed';
    const isHelpful = ({ type }: Fact) =>
      type === 'reconcile.read' || type === 'reconcile.agreed' || type.startsWith('xstate.after');
    expect(graph.stuck(isAgreed, isHelpful)).toEqual([]);
  });

  it('only comparing leads to agreement', () => {
    for (const { from, to } of graph.steps) {
      if (to.value !== 'agreed' || from.value === 'agreed') continue;
      expect(stateName(from.value)).toMatch(/^settling\.comparing/);
    }
  });
});
