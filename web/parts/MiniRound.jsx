/**
 * Where in its round a task is: the three windows, and now. For the eye alone;
 * the next duty stands beside it in words.
 *
 * @param {{task: import('../core/task.js').Task}} props
 */
export function MiniRound({ task }) {
  const { round_time: whole, submission_window: submit, audit_window: audit,
    offset } = task;
  if (!whole || !submit || !audit || typeof offset !== 'number')
    return null;
  const x = (/** @type {number} */ slots) => WIDTH * slots / whole;
  return (
    <svg class="mini-round" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH}
      height={HEIGHT} aria-hidden="true">
      <rect class="zone-submit" width={x(submit)} height={HEIGHT} />
      <rect class="zone-audit" x={x(submit)} width={x(audit)} height={HEIGHT} />
      <rect class="zone-rest" x={x(submit + audit)}
        width={Math.max(WIDTH - x(submit + audit), 0)} height={HEIGHT} />
      <path class="mini-now" d={`M${x(Math.min(offset, whole))} 0v${HEIGHT}`} />
    </svg>
  );
}

const WIDTH = 160;
const HEIGHT = 20;
