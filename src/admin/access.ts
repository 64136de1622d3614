/** Who may do what: two scopes, tokens compared by digest, loopback names only. */

export type Scope = 'read' | 'trade';

/** Trade implies read. */
export const includes = (granted: Scope, needed: Scope): boolean =>
  granted === needed || granted === 'trade';

/** `Bearer <token>` → the token, or or undefined. The scheme is read in any case (RFC 9110). */
export function bearerToken(header: string | undefined): string | undefined {
  const match = /^bearer ([A-Za-z0-9_-]{16,128})$/i.exec(header ?? '');
  return match?.[1];
}

/**
 * A page from anywhere may talk to a loopback port through a name that resolves to it; only the
 * names that we gave ourselves are answered.
 */
export function isOwnHost(host: string | undefined, own: { host: string; port: number }): boolean {
  const names = ['127.0.0.1', 'localhost', '[::1]', own.host];
  return names.some((name) => host === `${name}:${own.port}`);
}

/** Browsers send an Origin with every WebSocket: it must be ours. Programs send none. */
export function isOwnOrigin(
  origin: string | undefined,
  own: { host: string; port: number },
): boolean {
  if (origin === undefined) return true;
  return /^https?:\/\//.test(origin) && isOwnHost(origin.replace(/^https?:\/\//, ''), own);
}
