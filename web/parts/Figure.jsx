import { standsSince } from '../core/node.js';
import { text } from '../core/text.js';
import { Time } from './Time.jsx';

/**
 * A figure of the first rank: what it is, its value, what belongs to it.
 *
 * @param {{label: string, children: any, note?: any, action?: any}} props
 * note: a line below, "cooling down: 1.50"
 */
export function Figure({ label, children, note, action }) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd class="figure-value">{children}</dd>
      {note && <dd class="figure-note">{note}</dd>}
      {action && <dd class="figure-action">{action}</dd>}
    </div>
  );
}

/**
 * Figures side by side. Where they stand still, since when.
 *
 * @param {{label: string, children: any}} props
 */
export function Figures({ label, children }) {
  const since = standsSince();
  return (
    <div class="figures-box">
      <dl class="figures" aria-label={label}>{children}</dl>
      {since > 0 && <p class="figure-note">{text('figure.as_of')}{' '}
        <Time at={since} form="short" /></p>}
    </div>
  );
}
