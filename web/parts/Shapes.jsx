import { useEffect, useState } from 'preact/hooks';
import { text } from '../core/text.js';

/** What comes sooner is not announced: it would only flicker. */
const SHOWN_AFTER_MS = 200;
const SAID_AFTER_MS = 3000;

/**
 * Grey shapes where something is still to come, and a sentence if it is long in
 * coming.
 *
 * @param {{lines?: number, words?: string}} props
 */
export function Shapes({ lines = 3, words }) {
  const [stage, setStage] = useState(0);
  useEffect(() => {
    const timers = [SHOWN_AFTER_MS, SAID_AFTER_MS].map((ms, at) =>
      setTimeout(() => setStage(at + 1), ms));
    return () => timers.forEach(clearTimeout);
  }, []);
  return (
    <div class="shapes" aria-busy="true">
      {stage > 0 && Array.from({ length: lines }, (_, at) =>
        <div class="shape" key={at} />)}
      <p role="status" class="muted">
        {stage > 1 && (words ?? text('shapes.waiting'))}</p>
    </div>
  );
}
