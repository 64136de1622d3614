/**
 * The numbers behind the scores: a row for each market, a column for each number, all in one array.
 * One instance of an engine serves all markets, and what belongs to one market lies together.
 */

const FIRST_ROWS = 16;

export class ScoreTable {
  /** Replaced when it grows. A row is the index of its first cell, to which a column is added. */
  cells = new Float64Array(0);
  readonly #blank: number[] = [];
  readonly #free: number[] = [];
  readonly #others: ((number: number) => void)[] = [];
  #end = 0;

  /** Columns are made before the first row. `initial` is what a market begins with. */
  column(initial = 0): number {
    return this.#blank.push(initial) - 1;
  }

  /** A row for one more market. */
  add(): number {
    const row = this.#free.pop() ?? this.#append();
    this.cells.set(this.#blank, row);
    for (const begin of this.#others) begin(this.numberOf(row));
    return row;
  }

  /** For what a market has that does not fit into cells: called with the number of each new row. */
  beside(begin: (number: number) => void): void {
    this.#others.push(begin);
  }

  /** The row may be another market's from now on. */
  remove(row: number): void {
    this.#free.push(row);
  }

  /** 0, 1, 2 …, row by row. */
  numberOf(row: number): number {
    return row / this.#blank.length;
  }

  #append(): number {
    const row = this.#end;
    this.#end += this.#blank.length;
    if (this.#end > this.cells.length) {
      const larger = new Float64Array(Math.max(FIRST_ROWS * this.#blank.length, 2 * row));
      larger.set(this.cells);
      this.cells = larger;
    }
    return row;
  }
}
