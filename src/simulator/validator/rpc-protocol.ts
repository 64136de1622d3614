/** JSON-RPC 2.0 as CometBFT speaks it: requests in text or in a URI, answers, and their errors. */

export interface TextAnswer {
  readonly status: number;
  readonly body: string;
}

export type RpcId = string | number;

export interface RpcRequest {
  /** Undefined: a notification, which is not answered. */
  readonly id: RpcId | undefined;
  readonly method: string;
  /** By name, or in the method's order. */
  readonly params: Readonly<Record<string, unknown>> | readonly unknown[];
}

interface RpcFault {
  readonly code: number;
  readonly message: string;
  readonly data?: string;
}

export type RpcAnswer = { readonly result: object } | { readonly error: RpcFault };

export const internalError = (data: string): RpcAnswer => ({
  error: { code: -32_603, message: 'Internal error', data },
});

export const invalidParams = (data: string): RpcAnswer => ({
  error: {
    code: -32_602,
    message: 'Invalid params',
    data: `error converting json params to arguments: ${data}`,
  },
});

export const METHOD_NOT_FOUND: RpcAnswer = {
  error: { code: -32_601, message: 'Method not found' },
};
export const PARSE_ERROR: RpcAnswer = {
  error: { code: -32_700, message: 'Parse error. Invalid JSON' },
};

export const answerText = (id: RpcId, answer: RpcAnswer): string =>
  JSON.stringify({ jsonrpc: '2.0', id, ...answer });

/** One request, or several in an array; undefined when the text is neither. */
export function readRequests(text: string): readonly RpcRequest[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const requests = (Array.isArray(value) ? value : [value]).map(readRequest);
    return requests.every((request) => request !== undefined) ? requests : undefined;
  } catch {
    return undefined;
  }
}

function readRequest(value: unknown): RpcRequest | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { id, method = '', params = {} } = value as Partial<Record<string, unknown>>;
  if (typeof method !== 'string' || typeof params !== 'object') return undefined;
  return {
    id: typeof id === 'string' || typeof id === 'number' ? id : undefined,
    method,
    params: (params ?? {}) as RpcRequest['params'],
  };
}

/** Parameters of a method by name, with the names in their order. */
export class RpcParams {
  readonly #values: RpcRequest['params'];
  readonly #names: readonly string[];

  constructor(values: RpcRequest['params'], names: readonly string[]) {
    this.#values = values;
    this.#names = names;
  }

  /** Undefined when it is missing or null. */
  value(name: string): unknown {
    const values = this.#values;
    const value = isList(values) ? values[this.#names.indexOf(name)] : values[name];
    return value ?? undefined;
  }

  text(name: string): string {
    const value = this.value(name);
    return typeof value === 'string' ? value : '';
  }

  /** Bytes as text of the encoding; undefined when it is something else. */
  bytes(name: string, encoding: 'base64' | 'hex'): Uint8Array | undefined {
    const value = this.value(name);
    if (value === undefined) return new Uint8Array();
    const pattern = encoding === 'hex' ? /^([0-9a-f]{2})*$/i : /^[\w+/-]*={0,2}$/;
    return typeof value === 'string' && pattern.test(value)
      ? Buffer.from(value, encoding)
      : undefined;
  }

  /** A whole number, given as such or as text; NaN when it is something else. */
  number(name: string, missing: number): number {
    const value = this.value(name);
    if (value === undefined || value === '') return missing;
    const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
    return Number.isSafeInteger(number) ? number : Number.NaN;
  }
}

const isList = (values: RpcRequest['params']): values is readonly unknown[] =>
  Array.isArray(values);

/**
 * A URI's parameters in the conventions of JSON: quotes fall away, and bytes, written `0x…` or as
 * quoted text, come in the encoding that the JSON form has.
 */
export function uriParams(
  search: URLSearchParams,
  encodings: Readonly<Record<string, 'base64' | 'hex'>>,
): Readonly<Record<string, string>> {
  const entries = [...search].map(([name, value]): [string, string] => {
    const text = /^".*"$/s.test(value) ? value.slice(1, -1) : value;
    const encoding = encodings[name];
    if (encoding === undefined) return [name, text];
    const bytes = value.startsWith('0x') ? Buffer.from(value.slice(2), 'hex') : Buffer.from(text);
    return [name, bytes.toString(encoding)];
  });
  return Object.fromEntries(entries);
}
