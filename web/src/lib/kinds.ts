// What the kinds of addresses that channels have are called.
import { tCode } from './i18n';

/** What goes by a brand's name is called that in every language. */
export const kindName = (kind: string) =>
  tCode(`people.kind.${kind}`) ?? kind.charAt(0).toUpperCase() + kind.slice(1);
