/**
 * The page's own pictures, 20 by 20 in lines of 1.5, in the colour of the text.
 * They always stand beside a word, so readers are not told of them.
 */
const RING = 'M10 2.75a7.25 7.25 0 1 0 0 14.5 7.25 7.25 0 1 0 0-14.5z';

const PATHS = {
  node: `${RING}M10 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 1 0 0-5z`,
  add: 'M10 4v12M4 10h12',
  money: 'M3 6c0-1.4 3.1-2.5 7-2.5s7 1.1 7 2.5-3.1 2.5-7 2.5S3 7.4 3 6zM3 6v8c0 1.4 3.1 2.5 7 2.5s7-1.1 7-2.5V6M3 10c0 1.4 3.1 2.5 7 2.5s7-1.1 7-2.5',
  create: 'M3.75 16.25l.9-3.75 8.4-8.4a1.6 1.6 0 0 1 2.3 0l.55.55a1.6 1.6 0 0 1 0 2.3l-8.4 8.4zM11.5 5.7l2.8 2.8',
  explore: `${RING}M12.9 7.1l-1.7 4.1-4.1 1.7 1.7-4.1z`,
  gear: 'M10 4.75a5.25 5.25 0 1 0 0 10.5 5.25 5.25 0 1 0 0-10.5zM10 7.75a2.25 2.25 0 1 0 0 4.5 2.25 2.25 0 1 0 0-4.5zM10 4.75v-2.5M10 17.75v-2.5M4.75 10h-2.5M17.75 10h-2.5M6.29 6.29L4.52 4.52M15.48 15.48l-1.77-1.77M6.29 13.71l-1.77 1.77M15.48 4.52l-1.77 1.77',
  bell: 'M5 13.25V9a5 5 0 0 1 10 0v4.25L16.75 15H3.25zM8.25 17.25h3.5',
  search: 'M8.75 3.25a5.5 5.5 0 1 0 0 11 5.5 5.5 0 1 0 0-11zM12.75 12.75l4.5 4.5',
  play: 'M6.25 4v12l9.5-6z',
  stop: 'M5.25 5.25h9.5v9.5h-9.5z',
  restart: 'M15.75 10.5a5.75 5.75 0 1 1-1.7-4.1l2 2M16.25 4v4.4h-4.4',
  claim: `${RING}M10 6v7.25M7 10.5l3 3 3-3`,
  lock: 'M4.75 9h10.5v7.75H4.75zM6.75 9V6.25a3.25 3.25 0 0 1 6.5 0V9',
  unlock: 'M4.75 9h10.5v7.75H4.75zM6.75 9V6.25a3.25 3.25 0 0 1 6.3-1.1',
  log: 'M4 4.75h12M4 8.25h12M4 11.75h8M4 15.25h10',
  copy: 'M7.25 7.25h9.5v9.5h-9.5zM12.75 7.25v-4h-9.5v9.5h4',
  check: 'M4 10.5l4 4 8-9',
  cross: 'M5 5l10 10M15 5L5 15',
  warn: 'M10 3.25l7.5 13.25h-15zM10 8v4M10 14.2v.1',
  info: `${RING}M10 9.25v4.5M10 6.3v.1`,
  down: 'M5 7.5l5 5 5-5',
  out: 'M8.25 4.25h-4.5v12h12v-4.5M11.25 3.5h5.25v5.25M16.5 3.5l-7 7',
  key: 'M12.75 2.75a4.5 4.5 0 1 0 0 9 4.5 4.5 0 1 0 0-9zM9.6 10.4L3.25 16.75M5.25 14.75l2 2M7.75 12.25l1.5 1.5',
  eye: 'M2 10s3-5.25 8-5.25S18 10 18 10s-3 5.25-8 5.25S2 10 2 10zM10 7.75a2.25 2.25 0 1 0 0 4.5 2.25 2.25 0 1 0 0-4.5z',
  dots: 'M4.25 9.5v1M10 9.5v1M15.75 9.5v1',
  save: 'M10 3v9M6.5 8.5L10 12l3.5-3.5M3.5 13.25v3.25h13v-3.25',
};

/** @typedef {keyof PATHS} IconName */

/** @param {{name: IconName}} props */
export function Icon({ name }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
