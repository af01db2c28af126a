// One choice of a filtered list.
import type { AgentPresence } from '../api/types';

export interface Option {
  id: string;
  label: string;
  detail?: string;
  group?: string;
  chosen?: boolean;
  state?: AgentPresence;
  /** A person: shown with an avatar. */
  person?: boolean;
}
