/** A value against its schema: each mistake with its path, what was expected and what was found. */
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Settings } from 'typebox/system';

export interface Mistake {
  /** Dotted path of the setting. */
  readonly path: string;
  readonly message: string;
}

// All at once: the library stops at eight unless it is told.
Settings.Set({ maxErrors: 1_000 });

const validators = new Map<TSchema, Validator>();

function validatorOf(schema: TSchema): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const compiled = Compile(schema);
  validators.set(schema, compiled);
  return compiled;
}

/** One mistake per setting. `prefix` is the path of the value itself. */
export function check(schema: TSchema, value: unknown, prefix = ''): Mistake[] {
  const mistakes = new Map<string, Mistake>();
  for (const error of validatorOf(schema).Errors(value)) {
    if (error.keyword === 'additionalProperties') continue;
    const keys = error.instancePath.split('/').slice(1);
    const path = [...(prefix === '' ? [] : [prefix]), ...keys].join('.');
    const wrong = keys.reduce(childOf, value);
    const rule = error.schemaPath.slice(2).split('/').reduce<unknown>(childOf, schema);
    const words = childOf(rule, 'expected');
    const expected =
      typeof words === 'string' ? words : expectation(error.keyword, error.params, error.message);
    const message =
      error.keyword === 'boolean' ? 'unknown key' : `expected ${expected}, was ${show(wrong)}`;
    if (!mistakes.has(path)) mistakes.set(path, { path, message });
  }
  return [...mistakes.values()];
}

const childOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;

export const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? 'nothing';

function expectation(keyword: string, params: object, message: string): string {
  const words = Object.fromEntries(Object.entries(params).map(([k, v]) => [k, listed(v)]));
  switch (keyword) {
    case 'enum':
      return `one of ${words['allowedValues']}`;
    case 'pattern':
      return `text like ${words['pattern']}`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `a number ${words['comparison']} ${words['limit']}`;
    case 'type':
      return `a value of type ${words['type']}`;
    default:
      return message.replace(/^must be /, '');
  }
}

const listed = (value: unknown): string =>
  Array.isArray(value) ? value.map(listed).join(', ') : String(value);
