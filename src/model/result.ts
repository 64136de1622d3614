/** A value or the reason why there is none: how expected failures travel. */

export type Result<T, E = Fault> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** A stable code, the words for a person, and the numbers that the words speak of. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const fail = (
  code: string,
  message: string,
): { readonly ok: false; readonly error: Fault } => ({
  ok: false,
  error: { code, message },
});

/** The value, or a thrown invariant failure: only where the caller has already proved it. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new InvariantError(`${result.error.code}: ${result.error.message}`);
}

/** A broken invariant: the program is wrong, not the world. The process stops. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** A broken world (socket, disk, venue down): retryable or terminal, decided by a machine. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
  }
}

/** For people: with the code by which OPERATIONS tells what to do, where there is one. */
export const reasonOf = (error: Error): string =>
  error instanceof Failure ? `${error.code}: ${error.message}` : error.message;
