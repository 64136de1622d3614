/** Keyed subjects: to each key its own events, and orphans are told as such. */
import { describe, expect, it } from 'vitest';
import { take } from 'rxjs';
import { KeyedSubject } from '../../src/operators/keyed-subject.stream.js';

function listen(subject: KeyedSubject<string, number>, key: string) {
  const seen: (number | 'end')[] = [];
  const subscription = subject.at(key).subscribe({
    next: (value) => seen.push(value),
    complete: () => seen.push('end'),
  });
  return { seen, subscription };
}

describe('a keyed subject', () => {
  it('delivers an event to the listeners of its key and to nobody else', () => {
    const subject = new KeyedSubject<string, number>();
    const [a, b, alsoA] = [listen(subject, 'a'), listen(subject, 'b'), listen(subject, 'a')];
    expect(subject.next('a', 1)).toBe(true);
    expect(subject.next('b', 2)).toBe(true);
    expect([a.seen, b.seen, alsoA.seen]).toEqual([[1], [2], [1]]);
  });

  it('says that an event is an orphan when nobody listens to its key', () => {
    const subject = new KeyedSubject<string, number>();
    expect(subject.next('a', 1)).toBe(false);
    listen(subject, 'a').subscription.unsubscribe();
    expect(subject.next('a', 1)).toBe(false);
  });

  it('keeps a key until its last listener leaves', () => {
    const subject = new KeyedSubject<string, number>();
    const [first, second] = [listen(subject, 'a'), listen(subject, 'a')];
    first.subscription.unsubscribe();
    expect([subject.has('a'), subject.size]).toEqual([true, 1]);
    second.subscription.unsubscribe();
    expect([subject.has('a'), subject.size]).toEqual([false, 0]);
  });

  it('registers nothing before somebody subscribes', () => {
    const subject = new KeyedSubject<string, number>();
    subject.at('a');
    expect(subject.has('a')).toBe(false);
  });

  it('lets a listener leave in the middle of its own event', () => {
    const subject = new KeyedSubject<string, number>();
    const seen: number[] = [];
    subject
      .at('a')
      .pipe(take(1))
      .subscribe((value) => seen.push(value));
    subject.next('a', 1);
    expect(subject.next('a', 2)).toBe(false);
    expect(seen).toEqual([1]);
  });

  it('completes those who listen and those who come later', () => {
    const subject = new KeyedSubject<string, number>();
    const before = listen(subject, 'a');
    subject.complete();
    expect(before.seen).toEqual(['end']);
    expect(listen(subject, 'a').seen).toEqual(['end']);
    expect([subject.size, subject.next('a', 1)]).toEqual([0, false]);
  });
});
