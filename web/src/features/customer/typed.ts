// Values of customers' attributes: which are of a kind. The service asks the same again.
import type { Attribute } from '../../lib/api/types';

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function isDate(value: string): boolean {
  const at = new Date(`${value}T00:00:00Z`);
  return DAY.test(value) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
}

function isLink(value: string): boolean {
  return /^https?:\/\/[^\s/]/.test(value) && URL.canParse(value);
}

/** Whether a value may be entered. */
export function fits(attribute: Attribute, value: string): boolean {
  switch (attribute.kind) {
    case 'number':
      return /^-?\d{1,30}(\.\d{1,30})?$/.test(value);
    case 'date':
      return isDate(value);
    case 'yes_no':
      return value === 'yes' || value === 'no';
    case 'choice':
      return (attribute.choices ?? []).includes(value);
    case 'link':
      return isLink(value);
    default:
      return true;
  }
}
