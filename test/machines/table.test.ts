/** The table of machines in machines/README.md names every state, tag and hole that there is. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { connectionMachine } from '../../machines/connection.machine.js';
import { orderDeskMachine } from '../../machines/order-desk.machine.js';
import { orderMachine } from '../../machines/order.machine.js';
import { positionMachine } from '../../machines/position.machine.js';
import { reconciliationMachine } from '../../machines/reconciliation.machine.js';
import { riskMachine } from '../../machines/risk.machine.js';
import { serviceMachine } from '../../machines/service.machine.js';
import { strategyMachine } from '../../machines/strategy.machine.js';
import { ORDER_FACTS, isImpossible } from '../../machines/order-events.js';
import { drawn, README } from '../../scripts/draw-machines.js';
import { leavesOf, pathOf, waysOf } from '../../scripts/machine-drawing.js';
import { holesOf } from '../../machines/unprovided.machine.js';

const machines: readonly (readonly [name: string, machine: AnyStateMachine])[] = [
  ['connection', connectionMachine],
  ['order desk', orderDeskMachine],
  ['order', orderMachine],
  ['position', positionMachine],
  ['reconciliation', reconciliationMachine],
  ['risk', riskMachine],
  ['service', serviceMachine],
  ['strategy', strategyMachine],
];

const readme = readFileSync(README, 'utf8');
const rows = readme.split('\n').filter((line) => line.startsWith('| '));
const wordsOf = (row: string | undefined): readonly string[] => row?.match(/\w+/g) ?? [];

const nodesBelow = (node: AnyStateNode): readonly AnyStateNode[] =>
  Object.values(node.states).flatMap((child) => [child].concat(nodesBelow(child)));

test('the drawn chart and table are those of the machine: npm run draw', () => {
  expect(drawn(readme)).toBe(readme);
});

test('every fact is handled in every state of an order, or declared impossible there', () => {
  const silent = leavesOf(orderMachine).flatMap((leaf) =>
    ORDER_FACTS.filter(
      (fact) => !isImpossible(pathOf(leaf), fact) && waysOf(leaf, fact).length === 0,
    ).map((fact) => `${fact} in ${pathOf(leaf)}`),
  );
  expect(silent).toEqual([]);
  expect(leavesOf(orderMachine)).toHaveLength(19);
});

describe.each(machines)('the table of machines, about the %s', (name, machine) => {
  const file = `\`${name.replace(' ', '-')}.machine.ts\``;

  it('names its states and tags', () => {
    const words = wordsOf(rows.find((row) => row.startsWith(`| ${file} `)));
    const nodes = nodesBelow(machine.root);
    expect(words).toEqual(expect.arrayContaining(nodes.map(({ key }) => key)));
    expect(words).toEqual(expect.arrayContaining(nodes.flatMap(({ tags }) => tags)));
  });

  it('names its holes', () => {
    const words = rows.filter((row) => row.startsWith(`| ${name} |`)).flatMap(wordsOf);
    expect(words).toEqual(expect.arrayContaining([...holesOf(machine)]));
  });
});
