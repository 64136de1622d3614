/**
 * Reads the parameters of a REST request, one check after another in the order of the real
 * service's validators, whose habits it shares: all problems are collected, one parameter may have
 * several, and what was missing from path and query alike is blamed on the path. A value that was
 * read is only good while there are no problems.
 */
import { readIsoTime } from './iso-time.js';
import { PARENT_MAX, type Problem } from './rest-errors.js';

/** Parameters of a path or a query, by name. */
export type Parameters = ReadonlyMap<string, string>;

/** One subaccount, or a parent with all its children. */
export type AccountKind = 'subaccount' | 'parent';

export interface Account {
  readonly kind: AccountKind;
  readonly owner: string;
  readonly number: number;
  /** The number as the client wrote it. */
  readonly text: string;
}

/** Bounds of time and height, both inclusive; undefined: none. */
export interface Since {
  readonly height: number | undefined;
  readonly timeMs: number | undefined;
}

export interface Page {
  readonly limit: number;
  readonly page: number | undefined;
}

const LIMIT_MAX = 1000;
const SUBACCOUNT_MAX = 128_000;
const ADDRESS = /^[a-zA-Z0-9]{0,90}$/;
const INTEGER = /^[-+]?\d+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const FLAG = /^(true|false|1|0)$/;
const INVALID = 'Invalid value';
const WRONG_TICKER = 'ticker must be a valid ticker (BTC-USD, etc)';
/** What the address validator itself trips over when there is no address. */
const NO_LENGTH = "Cannot read properties of undefined (reading 'length')";

type Place = 'query' | 'params';

export class ParameterReader {
  readonly #path: Parameters;
  readonly #query: Parameters;
  readonly #problems: Problem[] = [];
  #address: string | undefined;

  constructor(path: Parameters, query: Parameters) {
    this.#path = path;
    this.#query = query;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** The address that the request is about, once it was read. */
  get addressRead(): string | undefined {
    return this.#address;
  }

  query(name: string): string | undefined {
    return this.#query.get(name);
  }

  /** An address of the path, alone. */
  pathAddress(): string {
    return this.#readAddress('address must be a valid address');
  }

  /** `address` and a subaccount number: 0 … 128000, of a parent 0 … 127. */
  account(kind: AccountKind): Account {
    const owner = this.#readAddress('address must be a valid dydx address');
    const name = kind === 'parent' ? 'parentSubaccountNumber' : 'subaccountNumber';
    const max = kind === 'parent' ? PARENT_MAX : SUBACCOUNT_MAX;
    const text = this.#integer(name, {
      min: 0,
      max,
      msg: `${name} must be a non-negative integer less than ${max + 1}`,
    });
    return { kind, owner, number: Number(text), text };
  }

  /** One side of a transfer: `sourceAddress` and `sourceSubaccountNumber`, for instance. */
  party(side: 'source' | 'recipient'): { readonly owner: string; readonly number: number } {
    const owner = this.text(`${side}Address`);
    const text = this.#integer(`${side}SubaccountNumber`, {
      min: 0,
      max: SUBACCOUNT_MAX,
      msg: `subaccountNumber must be a non-negative integer less than ${SUBACCOUNT_MAX + 1}`,
    });
    return { owner, number: Number(text) };
  }

  /** Any text that is there; `only` looks in the query alone. */
  text(name: string, only?: 'query'): string {
    const { value, place } = this.#find(name, only);
    if (value === undefined) this.#blame(name, value, INVALID, place);
    return value ?? '';
  }

  /** At most 1000, which is also the default. */
  limit(): number {
    const text = this.#query.get('limit');
    const limit = text === undefined ? LIMIT_MAX : Number(text);
    if (!Number.isInteger(limit) || limit <= 0 || limit > LIMIT_MAX) {
      const msg = `limit must be a positive integer that is not greater than max: ${LIMIT_MAX}`;
      this.#blame('limit', limit, msg);
    }
    return limit;
  }

  page(): number | undefined {
    return this.#optionalInteger('page', 1, 'page must be a non-negative integer');
  }

  /** `createdBeforeOrAtHeight` and `createdBeforeOrAt`, or another family of that form. */
  bounds(family: 'createdBeforeOrAt' | 'createdOnOrAfter' | 'effectiveBeforeOrAt'): Since {
    return { height: this.wholeNumber(`${family}Height`), timeMs: this.time(family) };
  }

  wholeNumber(name: string): number | undefined {
    return this.#optionalInteger(name, 0, `${name} must be a non-negative integer`);
  }

  time(name: string): number | undefined {
    const text = this.#query.get(name);
    if (text === undefined) return undefined;
    const timeMs = readIsoTime(text);
    if (timeMs === undefined) this.#blame(name, text, INVALID);
    return timeMs;
  }

  /** A block from 1, or undefined. */
  block(name: string): number | undefined {
    return this.#optionalInteger(name, 1, INVALID);
  }

  /** Stays text, as nothing of the real service turns it into a boolean. */
  flag(name: string): string | undefined {
    const text = this.#query.get(name);
    if (text !== undefined && !FLAG.test(text)) this.#blame(name, text, INVALID);
    return text;
  }

  /** One of some words; a missing one fails both of the real service's checks. */
  requiredChoice(name: string, choices: readonly string[], msg: string): string {
    const text = this.#query.get(name);
    if (text === undefined) this.#blame(name, text, msg);
    if (text === undefined || !choices.includes(text)) this.#blame(name, text, msg);
    return text ?? '';
  }

  choice(name: string, choices: readonly string[], msg: string): string | undefined {
    const text = this.#query.get(name);
    if (text !== undefined && !choices.includes(text)) this.#blame(name, text, msg);
    return text;
  }

  /** Words between commas, of any case. */
  list(name: string, choices: readonly string[], msg: string): readonly string[] | undefined {
    const text = this.#query.get(name);
    if (text === undefined) return undefined;
    const words = text === '' ? undefined : text.toUpperCase().split(',');
    if (words === undefined || words.some((word) => !choices.includes(word))) {
      this.#blame(name, words ?? null, msg);
    }
    return words;
  }

  /** A ticker of the path, which must exist. */
  pathTicker(isTicker: (ticker: string) => boolean): string {
    const ticker = this.#path.get('ticker') ?? '';
    if (!isTicker(ticker)) this.#blame('ticker', ticker, WRONG_TICKER, 'params');
    return ticker;
  }

  queryTicker(
    name: 'ticker' | 'market',
    isTicker: (ticker: string) => boolean,
  ): string | undefined {
    const ticker = this.#query.get(name);
    if (ticker !== undefined && !isTicker(ticker)) this.#blame(name, ticker, WRONG_TICKER);
    return ticker;
  }

  /** Two parameters of which the other must be there too, and not empty. */
  together(name: string, other: string): void {
    const [value, cause] = [this.#query.get(name), this.#query.get(other)];
    if (cause === undefined || (value !== undefined && value !== '')) return;
    this.#blame(name, value, `${name} must be provided if ${other} is provided`);
  }

  uuid(name: string): string {
    const text = this.#path.get(name) ?? '';
    if (!UUID.test(text)) this.#blame(name, text, INVALID, 'params');
    return text;
  }

  /** A path parameter that nothing checks. */
  part(name: string): string {
    return this.#path.get(name) ?? '';
  }

  #readAddress(msg: string): string {
    const { value, place } = this.#find('address');
    if (value === undefined) {
      this.#blame('address', value, msg, place);
      this.#blame('address', value, NO_LENGTH, place);
    } else if (!ADDRESS.test(value)) this.#blame('address', value, msg, place);
    this.#address = value;
    return value ?? '';
  }

  #find(name: string, only?: 'query') {
    const inPath = only === undefined ? this.#path.get(name) : undefined;
    const value = inPath ?? this.#query.get(name);
    const isInQuery = only !== undefined || (inPath === undefined && value !== undefined);
    return { value, place: isInQuery ? 'query' : 'params' } as const;
  }

  #integer(
    name: string,
    { min, max, msg }: { readonly min: number; readonly max: number; readonly msg: string },
  ): string {
    const { value, place } = this.#find(name);
    const isGood = value !== undefined && isInteger(value, min) && Number(value) <= max;
    if (!isGood) this.#blame(name, value, msg, place);
    return value ?? '';
  }

  #optionalInteger(name: string, min: number, msg: string): number | undefined {
    const text = this.#query.get(name);
    if (text === undefined) return undefined;
    if (!isInteger(text, min)) this.#blame(name, text, msg);
    return Number(text);
  }

  #blame(param: string, value: unknown, msg: string, location: Place = 'query'): void {
    this.#problems.push({ ...(value === undefined ? {} : { value }), msg, param, location });
  }
}

const isInteger = (text: string, min: number): boolean => INTEGER.test(text) && Number(text) >= min;
