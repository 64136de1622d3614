/** Draws the order chart into machines/README.md: the diagram and the table of state × fact. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ORDER_FACTS, isImpossible } from '../machines/order-events.js';
import { orderMachine } from '../machines/order.machine.js';
import { between, drawChart, drawTable } from './machine-drawing.js';

export const README = join(import.meta.dirname, '../machines/README.md');

/** The README with what is drawn in it brought up to date. */
export function drawn(readme: string): string {
  const chart = `\`\`\`mermaid\n${drawChart(orderMachine)}\n\`\`\``;
  const table = drawTable(orderMachine, ORDER_FACTS, isImpossible);
  return between(between(readme, 'order chart', chart), 'order table', table);
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(README, drawn(readFileSync(README, 'utf8')));
}
