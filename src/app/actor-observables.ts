/**
 * Machines as Observables: what is true now (replayed to every subscriber) and what was emitted.
 * Both complete when the actor ends and clean up when they are left.
 */
import { distinctUntilChanged, map, Observable } from 'rxjs';
import type { AnyActorRef, EmittedFrom, SnapshotFrom, AnyActorLogic, ActorRefFrom } from 'xstate';

/**
 * Starts with the current snapshot; then one value per change. Never errors: a failed actor
 * completes it.
 */
export const snapshots$ = <A extends AnyActorRef>(actor: A): Observable<SnapshotFrom<A>> =>
  new Observable((subscriber) => {
    subscriber.next(actor.getSnapshot() as SnapshotFrom<A>);
    const subscription = actor.subscribe({
      next: (snapshot) => subscriber.next(snapshot as SnapshotFrom<A>),
      error: () => subscriber.complete(),
      complete: () => subscriber.complete(),
    });
    return () => subscription.unsubscribe();
  });

/** A selection of the state: current value first, then each different one. */
export const state$ = <A extends AnyActorRef, T>(
  actor: A,
  select: (snapshot: SnapshotFrom<A>) => T,
): Observable<T> => snapshots$(actor).pipe(map(select), distinctUntilChanged());

/** Everything that the actor emits from now on. */
export const emitted$ = <L extends AnyActorLogic>(
  actor: ActorRefFrom<L>,
): Observable<EmittedFrom<L>> =>
  new Observable((subscriber) => {
    const ref = actor as AnyActorRef;
    const emissions = ref.on('*', (event) => subscriber.next(event as EmittedFrom<L>));
    const end = ref.subscribe({
      error: () => subscriber.complete(),
      complete: () => subscriber.complete(),
    });
    return () => {
      emissions.unsubscribe();
      end.unsubscribe();
    };
  });

/** `{session: {live: 'fresh'}}` → `session.live.fresh`. */
export function stateName(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([name, below]) => {
      const inner = stateName(below);
      return inner === '' ? name : `${name}.${inner}`;
    })
    .join('+');
}
