/**
 * How far something is. Without a value: it goes on, nobody knows how far.
 *
 * @param {{label: string, value?: number, max?: number, note?: any}} props
 */
export function Progress({ label, value, max = 1, note }) {
  return (
    <div class="progress">
      <label>
        <span>{label}</span>
        <progress max={max} value={value} />
      </label>
      {note && <p class="muted">{note}</p>}
    </div>
  );
}
