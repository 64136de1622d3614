/** Work at random times: as often as the plan says, taken up anew whenever the plan changes. */
import type { Timers } from '../../ports/clock.js';
import type { FaultDice } from './fault-dice.js';
import type { MeanName } from './fault-plan.js';

export interface Chance {
  readonly dice: FaultDice;
  readonly timers: Timers;
}

/** Nothing happens while the mean is 0. Returns the stop. */
export function atRandomTimes(
  { dice, timers }: Chance,
  name: MeanName,
  work: () => void,
): () => void {
  let mean = 0;
  let handle: object | undefined;
  const arm = (): void => {
    timers.clearTimeout(handle);
    mean = dice.plan[name];
    handle = mean > 0 ? timers.setTimeout(turn, dice.wait(name)) : undefined;
  };
  const turn = (): void => {
    arm();
    work();
  };
  const unwatch = dice.watch(() => {
    if (dice.plan[name] !== mean) arm();
  });
  arm();
  return () => {
    unwatch();
    timers.clearTimeout(handle);
  };
}
