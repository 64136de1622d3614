/** What the process uses, as those ask who keep to a budget. */
export interface Resources {
  /** Milliseconds on a clock that only goes forward; for measuring how long work takes. */
  workMs(): number;
  /** Resident memory of the process, MB. */
  memoryMb(): number;
}
