import { describe, expect, it } from 'vitest';
import { suggest, toWire, toWords, type Operators } from './suggest';

const OPERATORS: Operators = {
  is: {
    hint: 'state',
    choices: [
      { value: 'open', name: 'open' },
      { value: 'late', name: 'late' },
    ],
  },
  assignee: {
    hint: 'who',
    choices: [
      { value: 'a1', name: 'Mira Kovač' },
      { value: 'a2', name: 'Ben' },
    ],
  },
  tag: { hint: 'a tag', choices: [{ value: 'vip', name: 'vip' }] },
};
const labels = (text: string, at = text.length) => suggest(text, at, OPERATORS).map((one) => one.label);

describe('suggestions', () => {
  it('offer operators, then what they take', () => {
    expect(labels('')).toEqual(['is:', 'assignee:', 'tag:']);
    expect(labels('is:open a')).toEqual(['assignee:']);
    expect(labels('is:')).toEqual(['open', 'late']);
    expect(labels('assignee:kovac')).toEqual(['Mira Kovač']);
    expect(labels('assignee:"mira k')).toEqual(['Mira Kovač']);
    expect(labels('colour:re')).toEqual([]);
  });

  it('complete the word at the cursor and leave the rest', () => {
    expect(suggest('assignee:mi tag:vip', 11, OPERATORS)[0]).toMatchObject({
      text: 'assignee:"Mira Kovač" tag:vip',
      at: 22,
    });
    expect(suggest('ta', 2, OPERATORS)[0]).toMatchObject({ text: 'tag:', at: 4 });
  });
});

describe('names', () => {
  it('become ids for the service and names for people', () => {
    const wire = toWire('is:open assignee:"mira kovac" tag:vip', OPERATORS);
    expect(wire).toBe('is:open assignee:a1 tag:vip');
    expect(toWords(wire, OPERATORS)).toBe('is:open assignee:"Mira Kovač" tag:vip');
  });

  it('stay as they are when nobody is called so', () => {
    expect(toWire('assignee:nobody words', OPERATORS)).toBe('assignee:nobody words');
  });
});
