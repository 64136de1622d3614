/** The indexer's REST answers and refusals, and the parameters that many routes have in common. */

export interface RestAnswer {
  readonly status: number;
  readonly body: object;
}

/** Query and path parameters of a request, by name. */
export type Parameters = ReadonlyMap<string, string>;

interface Invalid {
  readonly value?: string | number;
  readonly msg: string;
  readonly param: string;
  readonly location: 'query' | 'params';
}

const LIMIT_MAX = 1000;
const SUBACCOUNT_MAX = 128_000;
export const PARENT_MAX = 127;

export const found = (body: object): RestAnswer => ({ status: 200, body });
export const invalid = (...errors: readonly Invalid[]): RestAnswer => ({
  status: 400,
  body: { errors },
});
export const missing = (msg: string): RestAnswer => ({ status: 404, body: { errors: [{ msg }] } });
export const unknownRoute: RestAnswer = {
  status: 404,
  body: { error: 'Not Found', errorCode: 404 },
};

/** A checked parameter, or the refusal that answers the request. */
export type Checked<T> = { readonly value: T } | { readonly refusal: RestAnswer };

/** At most 1000, which is also the default. */
export function readLimit(query: Parameters): Checked<number> {
  const text = query.get('limit');
  const limit = text === undefined ? LIMIT_MAX : Number(text);
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return { value: limit };
  const msg = `limit must be a positive integer that is not greater than max: ${LIMIT_MAX}`;
  const value = Number.isNaN(limit) ? (text ?? '') : limit;
  return { refusal: invalid({ value, msg, param: 'limit', location: 'query' }) };
}

export interface Owned {
  readonly owner: string;
  readonly number: number;
}

/** `address` and a subaccount number; `parent` asks for 0 … 127 instead of 0 … 128000. */
export function readSubaccount(
  parameters: Parameters,
  location: 'query' | 'params',
  parent = false,
): Checked<Owned> {
  const param = parent ? 'parentSubaccountNumber' : 'subaccountNumber';
  const max = parent ? PARENT_MAX : SUBACCOUNT_MAX;
  const text = parameters.get(param);
  const number = text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  const address = parameters.get('address');
  if (!(number <= max)) {
    const msg = `${param} must be a non-negative integer less than ${max + 1}`;
    return { refusal: invalid({ ...valueOf(text), msg, param, location }) };
  }
  if (address === undefined || address === '') {
    const msg = 'address must be a valid dydx address';
    return { refusal: invalid({ ...valueOf(address), msg, param: 'address', location }) };
  }
  return { value: { owner: address, number } };
}

/** What was missing is not shown as a value. */
export const valueOf = (value: string | undefined): { readonly value?: string } =>
  value === undefined ? {} : { value };
