/** The page begins here. */
import './common.js';
import { render } from 'preact';
import { App } from './parts/App.jsx';
import { startIdle } from './core/idle.js';
import { startLive } from './core/live.js';
import { watchShown } from './core/shown.js';
import { startShortcuts } from './core/shortcuts.js';
import { startTexts } from './core/text.js';
import { startTheme } from './core/theme.js';
import { DOOR } from './routes.js';

const root = /** @type {HTMLElement} */(document.getElementById('page'));

startTexts().then(() => {
  startShortcuts();
  startTheme();
  if (DOOR === 'node') {
    startLive();
    startIdle();
    watchShown();
  }
  root.replaceChildren(); // the shell, which the same elements follow
  render(<App />, root);
});
