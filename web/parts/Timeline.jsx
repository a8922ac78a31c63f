/**
 * What happened one after the other: each with a head, when, and details.
 *
 * @param {{label: string, items: {id: string, head: any, when?: any,
 *          tone?: 'good' | 'info' | 'warn' | 'bad' | 'muted',
 *          children?: any}[]}} props
 */
export function Timeline({ label, items }) {
  return (
    <ol class="timeline" aria-label={label}>
      {items.map(({ id, head, when, tone = 'muted', children }) => (
        <li key={id} class={tone}>
          <div class="timeline-head">
            <h3>{head}</h3>
            {when && <span class="small muted">{when}</span>}
          </div>
          {children}
        </li>
      ))}
    </ol>
  );
}
