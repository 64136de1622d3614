/**
 * One subject per key: each subscriber sees only its own key's events, without anybody filtering
 * all of them. A key exists exactly while somebody listens to it, so it holds as many as its users
 * do (an order desk: one per order alive).
 */
import { Observable, Subject } from 'rxjs';

export class KeyedSubject<K, E> {
  readonly #subjects = new Map<K, Subject<E>>();
  #completed = false;

  /** Keys that have a listener. */
  get size(): number {
    return this.#subjects.size;
  }

  /** Hot: the events of one key from now on. Registers the key; the last to leave removes it. */
  at(key: K): Observable<E> {
    return new Observable<E>((listener) => {
      if (this.#completed) {
        listener.complete();
        return undefined;
      }
      const subject$ = this.#register(key);
      const subscription = subject$.subscribe(listener);
      return () => {
        subscription.unsubscribe();
        if (!subject$.observed && this.#subjects.get(key) === subject$) this.#subjects.delete(key);
      };
    });
  }

  has(key: K): boolean {
    return this.#subjects.has(key);
  }

  /** Delivers to the listeners of one key; false when there is none: the event is an orphan. */
  next(key: K, event: E): boolean {
    const subject$ = this.#subjects.get(key);
    if (subject$ === undefined) return false;
    subject$.next(event);
    return true;
  }

  /** Completes every listener, and all that come later. */
  complete(): void {
    this.#completed = true;
    const subjects = [...this.#subjects.values()];
    this.#subjects.clear();
    for (const subject$ of subjects) subject$.complete();
  }

  #register(key: K): Subject<E> {
    const known$ = this.#subjects.get(key);
    if (known$ !== undefined) return known$;
    const subject$ = new Subject<E>();
    this.#subjects.set(key, subject$);
    return subject$;
  }
}
