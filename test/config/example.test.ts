/** The example file is the reference of all settings: it names every one, with its default. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/config-schema.js';
import { fileStrategySchema, strategySchemas } from '../../src/config/strategy-schema.js';
import { loadConfig } from '../../src/config/load-config.js';

const file = join(import.meta.dirname, '../../perpetua.example.yaml');

function keysOf(schema: { readonly properties?: object }): string[] {
  const below = Object.values(schema.properties ?? {}).flatMap(keysOf);
  return Object.keys(schema.properties ?? {}).concat(below);
}

describe('the example of all settings', () => {
  it('tells with the schema from when the loss limit counts', () => {
    const { maxDailyLossUsd } = configSchema.properties.risk.properties;
    const description = 'description' in maxDailyLossUsd ? maxDailyLossUsd.description : '';
    const [comment = ''] =
      /(?:^ +#.*\n)+(?= +maxDailyLossUsd)/m.exec(readFileSync(file, 'utf8')) ?? [];
    for (const text of [description, comment]) {
      expect(text).toMatch(/since midnight UTC,? or since the best figure/);
      expect(text).not.toMatch(/since (the )?start/);
    }
  });

  it('loads, and says nothing but the defaults', () => {
    expect(loadConfig({ file, environment: {} })).toEqual(loadConfig({ environment: {} }));
  });

  it.each([configSchema, fileStrategySchema, ...Object.values(strategySchemas)].flatMap(keysOf))(
    'names %s',
    (key) => {
      const settings = /^[ #-]*([A-Za-z]+):/gm;
      const named = [...readFileSync(file, 'utf8').matchAll(settings)].map((match) => match[1]);
      expect(named).toContain(key);
    },
  );
});
