/** A way that takes time: order, delays, limit and stop. */
import { expect, test } from 'vitest';
import { SimulatedClock } from '../../../src/clock/simulated.clock.js';
import { DelayedLane } from '../../../src/simulator/indexer/delayed-lane.js';

function open(...delays: number[]) {
  const clock = new SimulatedClock(1000);
  const arrived: string[] = [];
  const lane = new DelayedLane<string>({
    clock,
    delayMs: () => delays.shift() ?? 0,
    deliver: (item) => arrived.push(`${item}@${clock.now() - 1000}`),
  });
  return { clock, lane, arrived };
}

test('without a delay an item arrives at once', () => {
  const { lane, arrived } = open();
  lane.push('a');
  expect(arrived).toEqual(['a@0']);
});

test('nobody overtakes: a quick item waits for the slow one before it', async () => {
  const { clock, lane, arrived } = open(20, 5, 0, 10);
  for (const item of ['a', 'b', 'c']) lane.push(item);
  await clock.advance(15);
  lane.push('d');
  expect(arrived).toEqual([]);
  await clock.advance(20);
  expect(arrived).toEqual(['a@20', 'b@20', 'c@20', 'd@25']);
});

test('an item that is pushed while another arrives comes after it', async () => {
  const clock = new SimulatedClock(0);
  const arrived: number[] = [];
  const lane: DelayedLane<number> = new DelayedLane({
    clock,
    delayMs: () => 10,
    deliver: (item) => {
      arrived.push(item);
      if (item < 3) lane.push(item + 1);
    },
  });
  lane.push(1);
  await clock.advance(30);
  expect(arrived).toEqual([1, 2, 3]);
});

test('a full lane lets the oldest arrive ahead of time', () => {
  const delays = Array.from({ length: 100_001 }, () => 50);
  const { lane, arrived } = open(...delays);
  lane.push('first');
  for (let n = 1; n <= 100_000; n += 1) lane.push('more');
  expect(arrived[0]).toBe('first@0');
});

test('what is on its way when the lane stops never arrives', async () => {
  const { clock, lane, arrived } = open(10, 10);
  lane.push('a');
  lane.stop();
  await clock.advance(100);
  expect(arrived).toEqual([]);
  lane.push('b');
  await clock.advance(10);
  expect(arrived).toEqual(['b@110']);
});
