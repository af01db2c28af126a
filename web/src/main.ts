import { mount } from 'svelte';
import App from './App.svelte';
import { speakFirst } from './lib/i18n/language.svelte';
import './styles/tokens.css';
import './styles/base.css';

void speakFirst();
const target = document.getElementById('app');
if (target) mount(App, { target });

/** For the console and for tests: what this page believes, to be held against a page opened anew. */
Object.assign(globalThis, { inboxDigest: () => import('./lib/state/digest').then(({ digest }) => digest()) });
