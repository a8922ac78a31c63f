/**
 * What holds for every screen of the page, at three widths, in both themes and
 * in a language that is longer: nothing in the console, nothing that axe finds
 * above "minor", no scrolling sideways, no bare text. Each is made a picture of.
 * On the largest windows its lines do not become too long to read.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { none, Tab } from './browser.mjs';

const require = createRequire(import.meta.url);
const AXE = require.resolve('axe-core/axe.min.js');
const WIDTHS = [320, 800, 1600];
const HEIGHTS = { 320: 640, 800: 1000, 1600: 1000 };
const LARGEST = { width: 3840, height: 2160 };
/** Of the screen, beside which a list may stand. */
const READABLE_PX = 1280;
const THEMES = /** @type {const} */(['light', 'dark']);

/** What axe finds on the screen, one line each. @param {Tab} tab */
async function axe(tab) {
  // Not as a <script>, which the page's policy refuses.
  if (!await tab.page.evaluate(() => 'axe' in globalThis))
    await tab.page.evaluate(fs.readFileSync(AXE, 'utf8'));
  const found = await tab.page.evaluate(async () => {
    // @ts-ignore
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.filter(({ impact }) => impact !== 'minor').flatMap(
      ({ id, impact, nodes }) => nodes.slice(0, 3).map((node) =>
        `${impact} ${id}: ${node.html.slice(0, 160)} ${
          node.any.concat(node.all, node.none)[0]?.message ?? ''}`));
  });
  return found;
}

/** What is wider than the window. @param {Tab} tab */
function sideways(tab) {
  return tab.page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth)
      return [];
    const wide = [...document.querySelectorAll('body *')].filter((element) =>
      element.getBoundingClientRect().right > clientWidth + 1);
    return [`${scrollWidth} of ${clientWidth} px: ${wide.slice(0, 4).map(
      ({ outerHTML }) => outerHTML.slice(0, 120)).join(' | ')}`];
  });
}

/**
 * One screen at all widths in both themes.
 *
 * @param {Tab} tab connected
 * @param {string} name of its pictures
 * @param {string} where behind "#"
 * @param {(tab: Tab) => Promise<unknown>} [ready] waits for what it is to show
 */
export async function holdsEverywhere(tab, name, where, ready) {
  await tab.go(where);
  await ready?.(tab);
  /** @type {string[]} */
  const faults = [];
  for (const width of WIDTHS) {
    await tab.page.setViewportSize({ width, height: HEIGHTS[width] });
    for (const theme of THEMES) {
      await tab.page.emulateMedia({ colorScheme: theme });
      await tab.settled();
      const at = `${name}-${width}-${theme}`;
      await tab.picture(at);
      for (const line of [...await sideways(tab), ...await axe(tab)])
        faults.push(`${at}: ${line}`);
    }
  }
  await tab.page.emulateMedia({ colorScheme: 'light' });
  await tab.page.setViewportSize(LARGEST);
  await tab.settled();
  faults.push(...await sideways(tab));
  const width = await tab.page.locator('main').evaluate((main) =>
    main.getBoundingClientRect().width);
  if (width > READABLE_PX)
    faults.push(`${name} is ${width} px wide of ${LARGEST.width}`);
  none('faults', faults);
  tab.clean();
}

/**
 * One screen in the language xa at 320 px: room enough, no bare text.
 *
 * @param {Tab} tab in that language
 * @param {string} name
 * @param {string} where
 * @param {(tab: Tab) => Promise<unknown>} [ready] must not look for English
 */
export async function holdsInOtherWords(tab, name, where, ready) {
  await tab.go(where);
  await ready?.(tab);
  await tab.picture(`${name}-320-xa`);
  none('wide', await sideways(tab));
  none('text that is not in texts/en.json', await bareTexts(tab));
  tab.clean();
}

/**
 * Words in the document that are in no brackets, so that no file of texts has
 * them. What others wrote is in <bdi>, <code> or <pre>; figures are no words.
 *
 * @param {Tab} tab
 */
function bareTexts(tab) {
  return tab.page.evaluate(() => {
    /** @param {Element} element text with all that stands in brackets removed */
    const outsideOf = (element) => {
      const copy = /** @type {Element} */(element.cloneNode(true));
      copy.querySelectorAll('bdi, code, pre, time, data, svg desc, [translate=no], .outside')
        .forEach((part) => part.replaceWith(' '));
      let text = copy.textContent ?? '';
      for (let before = ''; before !== text;) {
        before = text;
        text = text.replace(/\[[^[\]]*\]/g, ' ');
      }
      return text;
    };
    const bare = new Set();
    for (const element of document.querySelectorAll(
      'h1, h2, h3, p, button, a, label, th, td, dt, dd, li, legend, summary, option')) {
      if (element.querySelector('p, button, a, label, table, ul, ol, dl, div') ||
          element.closest('bdi, code, pre, [translate=no], .outside') ||
          // A task in a list to choose from, by its name and key.
          /^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(element.getAttribute('value') ?? ''))
        continue;
      for (const word of outsideOf(element).match(/\p{L}{3,}/gu) ?? [])
        bare.add(`${word} (${element.outerHTML.slice(0, 120)})`);
    }
    return [...bare].slice(0, 10);
  });
}

/**
 * The patterns of web/routes.js, with each section of the settings in the place
 * of theirs: every one needs a line in the table.
 *
 * @param {string} routes the file
 * @param {string} sections that of web/screens/settings/sections.js
 */
export function routePatterns(routes, sections) {
  const names = [...sections.matchAll(/\{ name: '([^']+)'/g)]
    .map(([, name]) => name);
  return [...routes.matchAll(/pattern: '([^']+)'/g)].flatMap(([, pattern]) =>
    pattern === '/settings/:section'
      ? names.map((name) => `/settings/${name}`) : [pattern]);
}
