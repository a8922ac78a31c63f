/**
 * Debian's Chromium, and a page in it as somebody has it who opened a link:
 * what went wrong in it is kept, and clean() says so.
 */
import fs from 'node:fs';
import path from 'node:path';
import { SOURCE } from './network.mjs';
import { later, Skip, wait } from './tap.mjs';

const CHROMIUM = process.env.POND_CHROMIUM ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(fs.existsSync);
const NODE_MAJOR_MIN = 20; // playwright-core's
/** Screenshots; looked at by people, and copied by `tests/page/pictures`. */
export const PICTURES = path.resolve(SOURCE, '../../build/page');

/** @type {Promise<import('playwright-core').Browser> | undefined} */
let started;

/** One browser for all tests of a program. */
export function browser() {
  started ??= start();
  return started;
}

async function start() {
  if (!CHROMIUM)
    throw new Skip('there is no chromium; on Debian: apt-get install chromium');
  if (parseInt(process.versions.node) < NODE_MAJOR_MIN)
    throw new Skip(`Node.js is older than ${NODE_MAJOR_MIN}`);
  const { chromium } = await import('playwright-core');
  const found = await chromium.launch({ executablePath: CHROMIUM,
    // Chromium's own sandbox does not start as root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ['--force-color-profile=srgb', '--font-render-hinting=none'] });
  later(() => found.close());
  return found;
}

/** @param {string} what @param {string[]} found */
export function none(what, found) {
  if (found.length)
    throw new Error(`${what}:\n  ${found.join('\n  ')}`);
}

/** A page, and all that it complained of and asked for. */
export class Tab {
  /**
   * @param {import('playwright-core').Page} page
   */
  constructor(page) {
    this.page = page;
    /** @type {string[]} errors and warnings of the console, faults, refusals of
     * the content security policy */
    this.complaints = [];
    /** @type {string[]} addresses outside of the page's own origin */
    this.outside = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()))
        this.complaints.push(`${message.type()}: ${message.text()} (${
          message.location().url})`);
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (this.origin && origin !== this.origin && protocol !== 'data:')
        this.outside.push(request.url());
    });
  }

  /** Nothing was complained of since the last time; nothing left the machine. */
  clean() {
    none('complaints', this.complaints.splice(0));
    none('requests elsewhere', this.outside.splice(0));
  }

  /**
   * Open a link of `pond page`, and wait for the first screen.
   *
   * @param {string} link
   */
  async open(link) {
    this.origin = new URL(link).origin;
    await this.page.goto(link);
    await this.page.waitForFunction(() =>
      !document.querySelector('h1.waiting') && localStorage['pond.key']);
  }

  /**
   * Another screen, by its address behind "#", once it has its data.
   *
   * @param {string} where
   */
  async go(where) {
    await this.page.evaluate((hash) => { location.hash = hash; }, where);
    await this.settled();
  }

  /** Until no part of the screen is a grey shape, and its h1 is there. */
  async settled(seconds = 60) {
    await wait('the screen', () => this.page.evaluate(() =>
      document.querySelectorAll('h1').length === 1 &&
      !document.querySelector('.shapes, [aria-busy=true]')), seconds);
  }

  /** @param {string} text of something visible, or a pattern */
  text(text) {
    return this.page.getByText(text).first();
  }

  /**
   * Wait until the text is on the screen.
   *
   * @param {string | RegExp} text
   */
  async sees(text, seconds = 60) {
    try {
      await this.page.getByText(text).first().waitFor(
        { timeout: seconds * 1000 });
    } catch (error) {
      throw new Error(`"${text}" was not shown, but: ${
        (await this.words()).slice(0, 3000)}`);
    }
  }

  /** Until a sheet takes a press: at first it takes none. */
  async armed() {
    await this.page.getByRole('dialog').waitFor();
    await this.page.waitForTimeout(450);
  }

  /** All that is shown. */
  words() {
    return this.page.evaluate(() => document.body.innerText);
  }

  /**
   * The whole screen, as in a window that is high enough for it: what is fixed
   * to an edge then stands where it belongs.
   *
   * @param {string} name of build/page/NAME.png
   */
  async picture(name) {
    const size = this.page.viewportSize();
    const height = await this.page.evaluate(() =>
      document.documentElement.scrollHeight);
    if (size && height > size.height)
      await this.page.setViewportSize({ width: size.width, height });
    fs.mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: path.join(PICTURES, `${name}.png`),
      animations: 'disabled' });
    if (size)
      await this.page.setViewportSize(size);
  }
}

/**
 * A browser of its own: storage and cookies of nobody else.
 *
 * @param {{width?: number, height?: number, theme?: 'light' | 'dark',
 *          language?: string}} options
 */
export async function newTab({ width = 1280, height = 900, theme = 'light',
  language } = {}) {
  const context = await (await browser()).newContext({
    viewport: { width, height }, colorScheme: theme, locale: 'en-GB',
    timezoneId: 'UTC', reducedMotion: 'reduce' });
  later(() => context.close());
  if (language)
    await context.addInitScript((name) => {
      localStorage['pond.language'] = name;
    }, language);
  return new Tab(await context.newPage());
}
