/** The indexer's REST answers and refusals. */

export interface RestAnswer {
  readonly status: number;
  readonly body: object;
}

/** What a validator found wrong with one parameter; what was missing is not shown as a value. */
export interface Problem {
  readonly value?: unknown;
  readonly msg: string;
  readonly param: string;
  readonly location: 'query' | 'params';
}

export const PARENT_MAX = 127;

export const found = (body: object): RestAnswer => ({ status: 200, body });
export const invalid = (errors: readonly Problem[]): RestAnswer => ({
  status: 400,
  body: { errors },
});
/** A refusal without a parameter to blame. */
export const refused = (status: number, msg: string, code?: string): RestAnswer => ({
  status,
  body: { errors: [code === undefined ? { msg } : { code, msg }] },
});
export const missing = (msg: string): RestAnswer => refused(404, msg);
export const unknownRoute: RestAnswer = {
  status: 404,
  body: { error: 'Not Found', errorCode: 404 },
};
