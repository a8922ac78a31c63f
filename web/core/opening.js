/**
 * The link that `pond page` opens: #/open=CODE. The code works once, so it is
 * taken out of the address, and out of the history, before it is sent.
 */
import { ApiError, order } from './api.js';
import { go } from './router.js';
import { openSession, session } from './session.js';

const LINK = /^#\/open=([\w-]{16,128})$/;

/**
 * Whether the address was such a link.
 *
 * @returns {boolean}
 */
export function openFromAddress() {
  const found = LINK.exec(location.hash);
  if (!found)
    return false;
  go('/', { replace: true });
  open(found[1]);
  return true;
}

/** @param {string} code */
async function open(code) {
  const before = session.value;
  session.value = { state: 'opening' };
  try {
    openSession((await order('sessions', { code })).key);
  } catch (error) {
    // A session that is there stays, whatever became of a second link.
    session.value = before.state === 'open' ? before
      : { state: 'none', why: error instanceof ApiError ? error.code : 'page' };
  }
}
