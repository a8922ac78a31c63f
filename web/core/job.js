/** Orders that go on by themselves once they were taken (docs/page.md, jobs). */
import { ApiError, get } from './api.js';

const LOOK_MS = 400;
const LOOK_AWAY_MS = 2000;

/**
 * Waits for the end of a job. A lost connection is waited for, too.
 *
 * @param {string} id
 * @returns {Promise<any>} the job that is done; what failed or was called off
 *   throws, with the node's words
 */
export async function ended(id) {
  for (;;) {
    let pause = LOOK_MS;
    try {
      const job = await get(`jobs/${id}`);
      if (job.state === 'done')
        return job;
      if (job.state === 'failed' || job.state === 'called_off')
        throw new ApiError('job', job.text || job.state);
    } catch (error) {
      if (error instanceof ApiError && error.code !== 'unreachable')
        throw error;
      pause = LOOK_AWAY_MS;
    }
    await new Promise((done) => setTimeout(done, pause));
  }
}
