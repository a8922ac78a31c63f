/**
 * What a browser calls itself (User-Agent), as people call it.
 */
const BROWSERS = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//], ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//], ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:HeadlessChrome|Chrome|Chromium|CriOS)\//], ['Safari', /\bSafari\//],
];
const SYSTEMS = [
  ['Android', /\bAndroid\b/], ['iPhone', /\biPhone\b/], ['iPad', /\biPad\b/],
  ['Windows', /\bWindows\b/], ['macOS', /\bMac(?:intosh| OS X)\b/],
  ['ChromeOS', /\bCrOS\b/], ['Linux', /\bLinux\b/], ['BSD', /BSD\b/],
];

/**
 * @param {string} agent
 * @returns {{browser: string, system: string} | null} null: it is none of those
 */
export function agentOf(agent) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((list) =>
    list.find(([, form]) => /** @type {RegExp} */(form).test(agent))?.[0]);
  return browser && system ? /** @type {any} */({ browser, system }) : null;
}
