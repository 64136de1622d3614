/** Scopes, bearer headers and the names under which we answer. */
import { describe, expect, it } from 'vitest';
import { bearerToken, includes, isOwnHost, isOwnOrigin } from '../../src/admin/access.js';

const own = { host: '127.0.0.1', port: 8642 };

describe('access', () => {
  it.each([
    ['read', 'read', true],
    ['trade', 'read', true],
    ['trade', 'trade', true],
    ['read', 'trade', false],
  ] as const)('%s granted, %s needed: %s', (granted, needed, expected) => {
    expect(includes(granted, needed)).toBe(expected);
  });

  it.each([
    ['Bearer 0123456789abcdef', '0123456789abcdef'],
    ['bearer 0123456789abcdef', '0123456789abcdef'],
    ['Basic 0123456789abcdef', undefined],
    ['Bearer short', undefined],
    ['Bearer 0123456789abcdef extra', undefined],
    [undefined, undefined],
  ])('reads the header %s as %s', (header, expected) => {
    expect(bearerToken(header)).toBe(expected);
  });

  it.each([
    ['127.0.0.1:8642', true],
    ['localhost:8642', true],
    ['[::1]:8642', true],
    ['127.0.0.1', false],
    ['example.org:8642', false],
    [undefined, false],
  ])('knows whether %s is its own name', (host, expected) => {
    expect(isOwnHost(host, own)).toBe(expected);
  });

  it.each([
    ['http://localhost:8642', true],
    [undefined, true],
    ['http://evil.example', false],
    ['null', false],
    ['localhost:8642', false],
  ])('knows whether the origin %s is its own', (origin, expected) => {
    expect(isOwnOrigin(origin, own)).toBe(expected);
  });
});
