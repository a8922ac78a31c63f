import { ApiError } from '../../core/api.js';
import { reconnect } from '../../core/live.js';
import { arrive, loadSetup } from '../../core/setup.js';

/**
 * An order after which the node has its keys and starts: its answer may be lost
 * with the connection, and the node then says how far it is.
 *
 * @param {Promise<any>} ordered
 */
export async function written(ordered) {
  try {
    await ordered;
    arrive({ step: '6', waits: false });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'unreachable')
      throw error;
    reconnect();
    await loadSetup();
  }
}
