/**
 * Orders that take their time (docs/page.md).
 */
import { get } from './api.js';

const LOOK_MS = 400;

/**
 * What becomes of a job, once it has ended.
 *
 * @param {string} id
 * @returns {Promise<{state: 'done' | 'failed' | 'called_off', text?: string}>}
 */
export async function jobEnd(id) {
  for (;;) {
    const job = await get(`jobs/${id}`);
    if (job.state !== 'running' && job.state !== 'waiting')
      return job;
    await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
  }
}
