/** The table of faults and its reading: everything off by default, every mistake told at once. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  activeFaults,
  FAULTS,
  NO_FAULTS,
  parseFaults,
  problemText,
  readFaultPlan,
  type FaultName,
} from '../../../src/simulator/faults/fault-plan.js';

describe('a fault plan', () => {
  it('has everything off unless told otherwise', () => {
    expect(readFaultPlan({})).toEqual({ ok: true, plan: NO_FAULTS });
    expect(activeFaults(NO_FAULTS)).toEqual({});
  });

  it('keeps what it has where nothing is said', () => {
    const first = readFaultPlan({ 'socket.drop': 0.1, 'rest.hang': 0.2 });
    const second = readFaultPlan({ 'socket.drop': 0 }, first.ok ? first.plan : NO_FAULTS);
    expect(second.ok && activeFaults(second.plan)).toEqual({ 'rest.hang': 0.2 });
  });

  it('tells all mistakes at once, each with its value and what was expected', () => {
    const reading = readFaultPlan({
      'socket.drop': 2,
      'socket.mute': 'yes',
      'socket.closeCode': 99.5,
      'broadcast.rejectWith': '5001',
      'chain.slowFactor': 0,
      'rest.everything': 1,
      weather: 1,
      'rest.hang': 0.5,
    });
    expect(reading.ok ? [] : reading.problems.map(problemText)).toEqual([
      'socket.drop: expected a share from 0 to 1, was 2',
      'socket.mute: expected true or false, was "yes"',
      'socket.closeCode: expected a whole number from 1000 to 4999, was 99.5',
      'broadcast.rejectWith: expected a codespace and a code, such as clob.5001 or sdk.32, was "5001"',
      'chain.slowFactor: expected a factor from 1 to 1000, was 0',
      expect.stringMatching(
        /^rest\.everything: .*: one of rest\.tooMany, .*, was "rest\.everything"$/,
      ),
      expect.stringMatching(
        /^weather: expected the name of a fault: one of socket\.…, .*, was "weather"$/,
      ),
    ]);
  });

  it.each([[undefined], [null], [[]], ['socket.drop'], [1]])('is not %j', (changes) => {
    const expected = 'an object of fault names and values';
    const problem = { path: '(plan)', value: changes, expected };
    expect(readFaultPlan(changes)).toEqual({ ok: false, problems: [problem] });
  });

  it('takes no number that is none', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(FAULTS) as FaultName[])),
        fc.constantFrom(NaN, Infinity, -Infinity, null, {}, [], -1e9, 1e12),
        (name, value) => {
          expect(readFaultPlan({ [name]: value })).toMatchObject({
            ok: false,
            problems: [{ path: name }],
          });
        },
      ),
    );
  });
});

test.each([
  ['socket.drop=0.25', { 'socket.drop': 0.25 }],
  ['chain.clockSkewMs=-500', { 'chain.clockSkewMs': -500 }],
  ['socket.mute=true', { 'socket.mute': true }],
  ['socket.mute=false', { 'socket.mute': false }],
  ['broadcast.rejectWith=sdk.32', { 'broadcast.rejectWith': 'sdk.32' }],
  ['socket.drop', { 'socket.drop': undefined }],
  ['socket.drop=', { 'socket.drop': '' }],
])('%s on a command line is read as %j', (text, changes) => {
  expect(parseFaults([text])).toEqual(changes);
});

test('of two values on a command line the later one holds', () => {
  expect(parseFaults(['socket.drop=0.1', 'socket.drop=0.2'])).toEqual({ 'socket.drop': 0.2 });
});

test('the manual lists every fault with its range, its value when off and its meaning', () => {
  const manual = readFileSync(new URL('../../../OPERATIONS.md', import.meta.url), 'utf8');
  const [, section = ''] = manual.split('### Faults');
  const [table = ''] = section.split('### Control port');
  const listed = table.split('\n').filter((line) => line.startsWith('| `'));
  expect(listed).toEqual(
    Object.entries(FAULTS).map(
      ([name, { expected, off, meaning }]) => `| \`${name}\` | ${expected} | ${off} | ${meaning} |`,
    ),
  );
});
