// The words of settings, reports, board and palette, which nobody needs for the first screen. Each of them imports this before it says anything.
import { addWords } from './index';
import later from './later.json';

addWords(later);
