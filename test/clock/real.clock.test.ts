/** The clock of the real world: short real waits, in order, and none after its end. */
import { afterEach, describe, expect, it } from 'vitest';
import { RealClock, wallNow } from '../../src/clock/real.clock.js';

const clocks: RealClock[] = [];
const started = (knock?: () => void): RealClock => {
  const clock = new RealClock(knock);
  clocks.push(clock);
  return clock;
};

afterEach(() => clocks.splice(0).forEach((clock) => clock.stop()));

describe('the real clock', () => {
  it('stands at the time of day', () => {
    expect(Math.abs(wallNow() - Date.now())).toBeLessThan(1_000);
    expect(Math.abs(started().now() - wallNow())).toBeLessThan(1_000);
  });

  it('fires deadlines in their order, none before its time, and not what was cleared', async () => {
    const clock = started();
    const fired: string[] = [];
    const begun = clock.now();
    await new Promise<void>((resolve) => {
      clock.setTimeout(resolve, 30);
      clock.setTimeout(() => fired.push(`late ${clock.now() - begun >= 20}`), 20);
      clock.setTimeout(() => fired.push(`early ${clock.now() - begun >= 5}`), 5);
      clock.clearTimeout(clock.setTimeout(() => fired.push('cleared'), 10));
    });
    expect(fired).toEqual(['early true', 'late true']);
    expect(wallNow() - begun).toBeGreaterThanOrEqual(30);
  });

  it('only knocks when somebody else advances it', async () => {
    const fired: string[] = [];
    await new Promise<void>((resolve) => {
      const clock = started(() => {
        fired.push('knock');
        clock.advanceTo(wallNow());
      });
      clock.setTimeout(() => {
        fired.push('work');
        resolve();
      }, 2);
    });
    expect(fired.slice(-2)).toEqual(['knock', 'work']);
  });

  it('takes a wait that Node could not in pieces, and does not fire it early', async () => {
    const clock = started();
    let isFired = false;
    clock.setTimeout(() => (isFired = true), 2 ** 31);
    await new Promise<void>((resolve) => {
      clock.setTimeout(resolve, 5);
    });
    expect([isFired, clock.pending]).toEqual([false, 1]);
  });

  it('fires nothing after its end, old or new', async () => {
    const [clock, other] = [started(), started()];
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('old'), 1);
    clock.stop();
    clock.setTimeout(() => fired.push('new'), 1);
    await new Promise<void>((resolve) => {
      other.setTimeout(resolve, 15);
    });
    expect(fired).toEqual([]);
  });
});
