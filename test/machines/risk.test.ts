/** The risk machine: tightens at once, loosens slowly, keeps its latches for a named operator. */
import { EMPTY, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { createActor, fromEventObservable, SimulatedClock, type SnapshotFrom } from 'xstate';
import { riskMachine } from '../../machines/risk.machine.js';
import type { RiskFact, RiskReport } from '../../src/model/facts.js';
import { unixMs } from '../../src/model/quantities.js';
import type { Breach } from '../../src/model/risk.js';
import { explore, type Fact } from './explore.js';
import { silence } from './host.js';

type RiskSnapshot = SnapshotFrom<typeof riskMachine>;

const at = unixMs(1);
const breach = (parts: Partial<Breach> = {}): Breach => ({
  cause: 'chain.slow',
  severity: 'reduce',
  latched: false,
  evidence: 'block 5 s old',
  at,
  ...parts,
});

function start(latched: readonly Breach[] = [], facts = silence<RiskFact>()) {
  const clock = new SimulatedClock();
  const machine = riskMachine.provide({ actors: { facts } });
  const actor = createActor(machine, { clock, input: { latched, recoverAfterMs: 30_000 } });
  const reports: RiskReport[] = [];
  actor.on('*', (report) => reports.push(report));
  actor.start();
  return {
    actor,
    reports,
    wait: (ms: number) => clock.increment(ms),
    levels: () => reports.flatMap((report) => (report.type === 'risk.level' ? [report.level] : [])),
    breach: (parts?: Partial<Breach>) => actor.send({ type: 'risk.breach', breach: breach(parts) }),
    clear: () => actor.send({ type: 'risk.clear', cause: 'chain.slow' }),
  };
}

test('a breach tightens at once, and clearing loosens one level at a time', () => {
  const { actor, breach, clear, levels, wait } = start();
  breach({ severity: 'halt' });
  clear();
  wait(29_999);
  expect(actor.getSnapshot().matches('halted')).toBe(true);
  wait(1);
  wait(30_000);
  expect(levels()).toEqual(['active', 'halted', 'reducing', 'active']);
});

test('a cause that comes back while recovering starts the wait anew', () => {
  const { actor, breach, clear, wait } = start();
  breach();
  clear();
  wait(20_000);
  breach();
  clear();
  wait(20_000);
  expect(actor.getSnapshot().value).toEqual({ reducing: 'recovering' });
});

test('an open cause only escalates, and carries its newest evidence', () => {
  const { actor, breach, reports } = start();
  breach({ severity: 'halt', latched: true });
  breach({ severity: 'reduce', evidence: 'block 9 s old' });
  expect(actor.getSnapshot().context.breaches['chain.slow']).toEqual(
    expect.objectContaining({ severity: 'halt', latched: true, evidence: 'block 9 s old' }),
  );
  expect(reports.filter(({ type }) => type === 'risk.latched')).toHaveLength(1);
});

test('a latched cause ignores its clearing and ends with the operator’s resume, at once', () => {
  const { actor, breach, clear, levels, reports } = start();
  breach({ severity: 'halt', latched: true });
  clear();
  expect(actor.getSnapshot().value).toEqual({ halted: 'breached' });
  actor.send({ type: 'operator.resume', by: 'ada', reason: 'checked', at });
  expect(reports).toContainEqual({ type: 'risk.cleared', cause: 'chain.slow', by: 'ada' });
  expect(levels()).toEqual(['active', 'halted', 'active']);
});

test('resume removes latches only: what still holds keeps its level', () => {
  const { actor, breach } = start();
  breach({ cause: 'indexer.lag' });
  actor.send({ type: 'operator.halt', by: 'ada', reason: 'odd fills', at });
  actor.send({ type: 'operator.resume', by: 'ada', reason: 'fine', at });
  expect(actor.getSnapshot().value).toEqual({ reducing: 'breached' });
});

test.each<RiskFact>([
  { type: 'operator.halt', by: ' ', reason: 'r', at },
  { type: 'operator.flatten', by: '', reason: 'enough', at },
])('$type without a name does nothing', (fact) => {
  const { actor } = start();
  actor.send(fact);
  expect(actor.getSnapshot().value).toBe('active');
});

test('resume without a name does nothing', () => {
  const { actor } = start([breach({ severity: 'halt', latched: true })]);
  actor.send({ type: 'operator.resume', by: '', reason: 'r', at });
  expect(actor.getSnapshot().matches('halted')).toBe(true);
});

test('flatten halts with a latch and asks for every position to be left, until resumed', () => {
  const { actor, levels, reports } = start();
  actor.send({ type: 'operator.flatten', by: 'ada', reason: 'enough', at });
  expect(actor.getSnapshot().value).toBe('flattening');
  expect(reports.map(({ type }) => type)).toEqual([
    'risk.level',
    'risk.latched',
    'risk.level',
    'risk.flatten',
  ]);
  actor.send({ type: 'operator.resume', by: 'ada', reason: 'flat', at });
  expect(levels()).toEqual(['active', 'halted', 'active']);
});

test('the wish to flatten is latched, also after a halt, and outlives a restart', () => {
  const { actor, reports } = start();
  actor.send({ type: 'operator.halt', by: 'ada', reason: 'wait', at });
  actor.send({ type: 'operator.flatten', by: 'bob', reason: 'enough', at });
  const latches = reports.flatMap((one) => (one.type === 'risk.latched' ? [one.breach] : []));
  expect(latches.map(({ evidence, flatten }) => [evidence, flatten])).toEqual([
    ['ada: wait', undefined],
    ['bob: flatten, enough', true],
  ]);
  const next = start();
  next.actor.send({ type: 'risk.restore', latched: latches.slice(1) });
  expect(next.actor.getSnapshot().value).toBe('flattening');
  expect(next.reports.at(-1)).toEqual({ type: 'risk.flatten', evidence: 'bob: flatten, enough' });
  next.actor.send({ type: 'operator.halt', by: 'ada', reason: 'wait', at });
  expect(next.actor.getSnapshot().value).toBe('flattening');
  next.actor.send({ type: 'operator.resume', by: 'ada', reason: 'flat', at });
  expect(next.actor.getSnapshot().value).toBe('active');
});

test('latches of an earlier run hold from the first moment, and are not told as new', () => {
  const latched = breach({ severity: 'halt', latched: true });
  const known = start([latched]);
  expect(known.levels()).toEqual(['halted']);
  const late = start();
  late.actor.send({ type: 'operator.halt', by: 'ada', reason: 'wait', at });
  late.actor.send({ type: 'risk.restore', latched: [latched] });
  expect(Object.keys(late.actor.getSnapshot().context.breaches)).toEqual([
    'operator',
    'chain.slow',
  ]);
  expect(late.reports.filter(({ type }) => type === 'risk.latched')).toHaveLength(1);
});

test.each([
  { name: 'ends', facts: () => EMPTY },
  { name: 'fails', facts: () => throwError(() => new Error('broken')) },
])('a stream of risk facts that $name halts', ({ facts }) => {
  const { actor } = start([], fromEventObservable<RiskFact, undefined>(facts));
  expect(actor.getSnapshot().context.breaches['facts.ended']?.severity).toBe('halt');
  expect(actor.getSnapshot().matches('halted')).toBe(true);
});

describe('in every reachable state', () => {
  const causes = ['chain.slow', 'drawdown'] as const;
  const world: readonly Fact[] = [
    ...causes.flatMap((cause) =>
      (['reduce', 'halt'] as const).flatMap((severity) =>
        [true, false].map((latched) => ({
          type: 'risk.breach',
          breach: breach({ cause, severity, latched }),
        })),
      ),
    ),
    ...causes.map((cause) => ({ type: 'risk.clear', cause })),
    { type: 'operator.halt', by: 'ada', reason: 'r', at },
    { type: 'operator.resume', by: 'ada', reason: 'r', at },
    { type: 'operator.flatten', by: 'ada', reason: 'enough', at },
  ];
  const graph = explore(riskMachine, {
    input: { latched: [], recoverAfterMs: 1 },
    world,
    abstract: ({ context }) =>
      Object.values((context as RiskSnapshot['context']).breaches)
        .map(({ cause, severity, latched }) => [cause, severity, latched].join())
        .toSorted(),
  });
  const states = graph.states as readonly RiskSnapshot[];
  const steps = graph.steps as readonly {
    readonly from: RiskSnapshot;
    readonly event: Fact;
    readonly to: RiskSnapshot;
  }[];
  const level = (state: RiskSnapshot) =>
    state.matches('active') ? 0 : state.matches('reducing') ? 1 : 2;
  const open = (state: RiskSnapshot) => Object.values(state.context.breaches);

  test('all but the transient state are reached', () => {
    expect(graph.unreached).toEqual(['risk.deriving']);
  });

  test('the level is never below the worst open cause', () => {
    for (const state of states) {
      const worst = open(state).map(({ severity }) => (severity === 'halt' ? 2 : 1));
      expect(level(state)).toBeGreaterThanOrEqual(Math.max(0, ...worst));
    }
  });

  test('opening is allowed in active alone, reducing everywhere', () => {
    for (const state of states) {
      expect(state.hasTag('mayOpen')).toBe(state.value === 'active');
      expect(state.hasTag('mayReduce')).toBe(true);
    }
  });

  test('it loosens by a timer, one level, or by the operator', () => {
    for (const { from, event, to } of steps) {
      if (level(to) >= level(from) || event.type === 'operator.resume') continue;
      expect(event.type).toMatch(/^xstate\.after/);
      expect(level(from) - level(to)).toBe(1);
    }
  });

  test('only resume removes a latch', () => {
    for (const { from, event, to } of steps) {
      const gone = open(from).filter(
        ({ cause, latched }) => latched && !to.context.breaches[cause],
      );
      if (gone.length > 0) expect(event.type).toBe('operator.resume');
    }
  });

  test('halt and flatten halt from everywhere', () => {
    for (const { event, to } of steps) {
      if (['operator.halt', 'operator.flatten'].includes(event.type)) expect(level(to)).toBe(2);
    }
  });
});
