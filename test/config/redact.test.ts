/** Secrets stay out of log fields, by name and by value. */
import { describe, expect, it } from 'vitest';
import { redactor } from '../../src/config/redact.js';

describe('the redactor', () => {
  const secrets = new Set(['0123456789abcdef', 'abc']);
  const redact = redactor(secrets);

  it('masks a known secret wherever it stands, however deep', () => {
    const fields = {
      url: 'ws://x?t=0123456789abcdef',
      list: [{ note: 'has 0123456789abcdef in it' }],
      error: new Error('0123456789abcdef'),
    };
    const text = JSON.stringify(redact(fields));
    expect(text).not.toContain('0123456789abcdef');
    expect(text).toContain('has [redacted] in it');
  });

  it.each(['mnemonic', 'privateKey', 'token', 'authorization', 'apiSecret', 'password'])(
    'masks a field named %s',
    (name) => {
      expect(redact({ [name]: 'anything' })).toEqual({ [name]: '[redacted]' });
    },
  );

  it('leaves ordinary fields readable and makes amounts text', () => {
    expect(
      redact({ market: 'BTC-USD', size: 12n, keyFile: '/etc/key', count: 3, none: null }),
    ).toEqual({ market: 'BTC-USD', size: '12', keyFile: '/etc/key', count: 3, none: null });
  });

  it('masks a secret that became known later', () => {
    secrets.add('later-secret');
    expect(redact({ a: 'later-secret' })).toEqual({ a: '[redacted]' });
  });

  it('cuts what nests without end', () => {
    const loop: Record<string, unknown> = {};
    loop['loop'] = loop;
    expect(JSON.stringify(redact(loop))).toContain('[deep]');
  });
});
