// The one clock of the screen, on the service's time. Only what reads a signal is drawn again when it moves.

class Clock {
  /** Moves every second. */
  second = $state(Date.now());
  /** Moves every 15 seconds: enough for whatever shows minutes. */
  coarse = $state(Date.now());
  #ahead = 0;

  constructor() {
    setInterval(() => this.#tick(), 1000);
  }

  /** The service said what time it is. */
  set(now: number): void {
    this.#ahead = now - Date.now();
    this.#tick(true);
  }

  /** The service's time now; reading it draws nothing again. */
  get now(): number {
    return Date.now() + this.#ahead;
  }

  #tick(force = false): void {
    const now = this.now;
    this.second = now;
    if (force || Math.abs(now - this.coarse) >= 15_000) this.coarse = now;
  }
}

export const clock = new Clock();
