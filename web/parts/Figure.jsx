/**
 * A figure of the first rank: what it is, its value, what belongs to it.
 *
 * @param {{label: string, children: any, note?: any, action?: any,
 *          asOf?: any}} props
 * note: a line below, "cooling down: 1.50"; asOf: since when it is so, where it
 * is old
 */
export function Figure({ label, children, note, action, asOf }) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd class="figure-value">{children}</dd>
      {note && <dd class="figure-note">{note}</dd>}
      {asOf && <dd class="figure-note">{asOf}</dd>}
      {action && <dd class="figure-action">{action}</dd>}
    </div>
  );
}

/**
 * Figures side by side.
 *
 * @param {{label: string, children: any}} props
 */
export function Figures({ label, children }) {
  return <dl class="figures" aria-label={label}>{children}</dl>;
}
