/** CometBFT's event queries, such as `tm.event='Tx' AND tx.height>5`, as predicates on events. */

/** What happened, by `type.key`: all values of that key. */
export type EventMap = ReadonlyMap<string, readonly string[]>;

export type EventQuery = (events: EventMap) => boolean;

const CONDITION = /^([\w.]+)\s*(=|<=|>=|<|>|CONTAINS|EXISTS)\s*(?:'([^']*)'|(-?\d+(?:\.\d+)?))?$/;

/** Undefined for what is no query. */
export function parseEventQuery(text: string): EventQuery | undefined {
  const conditions: EventQuery[] = [];
  for (const part of text.trim().split(/\s+AND\s+/)) {
    const condition = parseCondition(part.trim());
    if (condition === undefined) return undefined;
    conditions.push(condition);
  }
  return (events) => conditions.every((condition) => condition(events));
}

function parseCondition(text: string): EventQuery | undefined {
  const [, key = '', operator, quoted, bare] = CONDITION.exec(text) ?? [];
  const operand = quoted ?? bare;
  if (operator === 'EXISTS') return operand === undefined ? (events) => events.has(key) : undefined;
  const test = operand === undefined ? undefined : testOf(operator, operand);
  if (test === undefined) return undefined;
  return (events) => events.get(key)?.some(test) === true;
}

function testOf(
  operator: string | undefined,
  operand: string,
): ((value: string) => boolean) | undefined {
  switch (operator) {
    case '=':
      return (value) => value === operand;
    case 'CONTAINS':
      return (value) => value.includes(operand);
    case '<':
      return (value) => Number(value) < Number(operand);
    case '<=':
      return (value) => Number(value) <= Number(operand);
    case '>':
      return (value) => Number(value) > Number(operand);
    case '>=':
      return (value) => Number(value) >= Number(operand);
    default:
      return undefined;
  }
}
