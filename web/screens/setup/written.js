import { ApiError } from '../../core/api.js';
import { reconnect } from '../../core/live.js';
import { arrive, leaveAdding, loadSetup, setup } from '../../core/setup.js';

/**
 * An order after which the node has its keys and starts: its answer may be lost
 * with the connection, and the node then says how far it is. After one more
 * wallet the node only goes on.
 *
 * @param {Promise<any>} ordered
 */
export async function written(ordered) {
  const isMore = setup.value?.adding;
  try {
    await ordered;
    if (isMore)
      await leaveAdding();
    else
      arrive({ step: '6', waits: false });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'unreachable')
      throw error;
    reconnect();
    await loadSetup();
  }
}
