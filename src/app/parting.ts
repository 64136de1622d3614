/** The last moment of a faulted service: its cancels leave before everything is closed. */
import { filter, firstValueFrom, timer } from 'rxjs';
import type { Clock } from '../ports/clock.js';
import type { OrderTable } from './order-table.js';

const LOOK_MS = 50;
/** A journal write and a send; more is not waited for: the orders end by themselves. */
export const PARTING_MS = 2_000;

/** Until no order is alive, at most `PARTING_MS`. */
export async function partFrom(
  orders: Pick<OrderTable, 'live'>,
  { scheduler }: Pick<Clock, 'scheduler'>,
): Promise<void> {
  const isOver = (look: number): boolean =>
    orders.live().length === 0 || look * LOOK_MS >= PARTING_MS;
  await firstValueFrom(timer(0, LOOK_MS, scheduler).pipe(filter(isOver)));
}
