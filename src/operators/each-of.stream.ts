/** The elements of each batch, one by one and at once: a batch is no stream of its own. */
import { Observable, type OperatorFunction } from 'rxjs';

/** An empty batch emits nothing. */
export function eachOf<T>(): OperatorFunction<readonly T[], T> {
  return (source$) =>
    new Observable<T>((listener) =>
      source$.subscribe({
        next: (batch) => {
          for (const element of batch) listener.next(element);
        },
        error: (error: unknown) => listener.error(error),
        complete: () => listener.complete(),
      }),
    );
}
