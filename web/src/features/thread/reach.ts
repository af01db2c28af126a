// Where a line lies among elements that stand below each other: as few of them as can be are asked for their place.

interface Placed {
  getBoundingClientRect(): { bottom: number };
}

/** The index of the first element that ends below `y`; their number where all end above. */
export function firstReaching(elements: ArrayLike<Placed>, y: number): number {
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((elements[middle] as Placed).getBoundingClientRect().bottom > y) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Of what these elements hold, the last one found by the selector that begins above `y`. */
export function lastAbove(elements: HTMLCollection, selector: string, y: number): HTMLElement | undefined {
  for (let i = Math.min(firstReaching(elements, y), elements.length - 1); i >= 0; i--) {
    const some = elements[i]?.querySelectorAll<HTMLElement>(selector) ?? [];
    const last = [...some].findLast((one) => one.getBoundingClientRect().top < y);
    if (last) return last;
  }
  return undefined;
}
