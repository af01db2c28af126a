// One entry of a menu.
import type { IconName } from '../icons/icons';

export interface Item {
  id: string;
  label: string;
  icon?: IconName;
  detail?: string;
  checked?: boolean;
  danger?: boolean;
  run: () => void;
}
