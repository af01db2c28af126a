// Why nothing is forwarded here, said to whoever presses the key for it.
import '../../lib/i18n/later';
import { t } from '../../lib/i18n';
import { toasts } from '../../lib/state/toasts.svelte';

export function sayWhy(): void {
  toasts.done(t('forward.never'));
}
