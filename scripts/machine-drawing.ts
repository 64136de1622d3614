/**
 * The order chart as text: a Mermaid diagram and the table of state × fact, both read from the
 * machine itself, so that they cannot say what it does not do.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** `working.open`, without the machine's own name. */
export const pathOf = (node: AnyStateNode): string => node.path.join('.');

export const nodesOf = (node: AnyStateNode): readonly AnyStateNode[] =>
  [node].concat(Object.values(node.states).flatMap(nodesOf));

/** States that can be a whole value: those without states of their own. */
export const leavesOf = (machine: AnyStateMachine): readonly AnyStateNode[] =>
  nodesOf(machine.root).filter(({ type }) => type === 'atomic' || type === 'final');

interface Way {
  readonly guard: string | undefined;
  /** Undefined: it stays. */
  readonly target: string | undefined;
  /** Whether anything is noted, asked or told. */
  readonly acts: boolean;
}

/** What a fact can do in a state, in the order in which the chart looks at it. */
export function waysOf(leaf: AnyStateNode, fact: string): readonly Way[] {
  const ways: Way[] = [];
  for (let node: AnyStateNode | undefined = leaf; node !== undefined; node = node.parent) {
    for (const { guard, target, actions } of node.transitions.get(fact) ?? []) {
      const [to] = target ?? [];
      ways.push({
        guard: nameOf(guard),
        target: to === undefined ? undefined : pathOf(settled(to)),
        acts: actions.length > 0,
      });
      if (guard === undefined) return ways;
    }
  }
  return ways;
}

/** Guards of this project are named; anything else has no name to show. */
const nameOf = (guard: unknown): string | undefined =>
  guard === undefined || typeof guard === 'string' ? guard : '(unnamed)';

/** Where a target comes to rest: its first state, and the first of that. */
function settled(node: AnyStateNode): AnyStateNode {
  const first = node.initial?.target[0];
  return first === undefined ? node : settled(first);
}

/** `stateDiagram-v2` with every state, fact and timer; what stays within one state is left out. */
export function drawChart(machine: AnyStateMachine): string {
  const lines = ['stateDiagram-v2', '  direction LR', ...states(machine.root, '  ')];
  for (const node of nodesOf(machine.root)) lines.push(...arrows(node));
  return lines.join('\n');
}

function states(parent: AnyStateNode, indent: string): string[] {
  return Object.values(parent.states).flatMap((node) => {
    const id = idOf(node);
    if (node.type === 'history') return [];
    const isFirst = parent.initial?.target[0] === node;
    const first = isFirst ? [`${indent}[*] --> ${id}`] : [];
    if (node.type !== 'compound') return [...first, `${indent}state "${node.key}" as ${id}`];
    const inner = states(node, `${indent}  `);
    return [...first, `${indent}state "${node.key}" as ${id} {`, ...inner, `${indent}}`];
  });
}

/** All facts that lead from one state to another share one arrow. */
function arrows(node: AnyStateNode): readonly string[] {
  const labels = new Map<string, Set<string>>();
  const eventless = (node.always ?? []).map((transition) => ['always', transition] as const);
  const listed = [...node.transitions].flatMap(([fact, all]) =>
    all.map((transition) => [label(fact), transition] as const),
  );
  for (const [fact, { target }] of [...eventless, ...listed]) {
    const to = target?.[0];
    if (to === undefined || to === node) continue;
    const key = `  ${node.parent === undefined ? 'live' : idOf(node)} --> ${idOf(to)}`;
    labels.set(key, (labels.get(key) ?? new Set()).add(fact));
  }
  return [...labels].map(([arrow, facts]) => `${arrow}: ${[...facts].join(', ')}`);
}

/** History is drawn as the state that has it. */
const idOf = (node: AnyStateNode): string =>
  (node.type === 'history' ? (node.parent ?? node) : node).path.join('_');

/** `xstate.after.ackTimeout.order.submitted.sending` → `ackTimeout`. */
const label = (fact: string): string =>
  fact.startsWith('xstate.after.') ? (fact.split('.')[2] ?? fact) : fact;

/** One row per state and outcome; facts with the same outcome share it. */
export function drawTable(
  machine: AnyStateMachine,
  facts: readonly string[],
  isImpossible: (state: string, fact: string) => boolean,
): string {
  const rows = leavesOf(machine).flatMap((leaf) => {
    const outcomes = new Map<string, string[]>();
    for (const fact of facts) {
      const outcome = isImpossible(pathOf(leaf), fact)
        ? 'impossible'
        : tell(waysOf(leaf, fact), leaf);
      outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), `\`${fact}\``]);
    }
    const all = [...outcomes].toSorted(([a], [b]) => rank(a) - rank(b));
    return all.map(([outcome, those], index) => {
      const state = index === 0 ? `**${pathOf(leaf)}**` : '';
      const named = those.length === facts.length ? 'all' : those.join(', ');
      return `| ${state} | ${named} | ${outcome} |`;
    });
  });
  return ['| state | fact | becomes |', '|---|---|---|', ...rows].join('\n');
}

const rank = (outcome: string): number =>
  ['noted', 'nothing changes', 'impossible'].indexOf(outcome);

function tell(ways: readonly Way[], leaf: AnyStateNode): string {
  const told = ways.map(({ guard, target, acts }) => {
    const stays = target === undefined || target === pathOf(leaf);
    const outcome = stays ? (acts ? 'noted' : 'nothing changes') : `*${target}*`;
    return guard === undefined ? outcome : `${guard}: ${outcome}`;
  });
  return told.length === 0 ? 'NOT HANDLED' : told.join(' · ');
}

/** The text between two marks of a document is replaced. Throws when they are not there. */
export function between(document: string, mark: string, text: string): string {
  const [begin, end] = [`<!-- ${mark}: made by npm run draw -->`, `<!-- end of ${mark} -->`];
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`expected the marks of ${mark}`);
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`;
}
