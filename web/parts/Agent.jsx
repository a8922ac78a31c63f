import { agentOf } from '../core/agent.js';
import { text } from '../core/text.js';
import { Outside } from './Outside.jsx';

/**
 * A browser that is connected: "Firefox on Linux", or as it calls itself.
 *
 * @param {{agent: string}} props
 */
export function Agent({ agent }) {
  const known = agentOf(agent);
  return known
    ? <span title={agent}>{text('browsers.agent', known)}</span>
    : <Outside words={agent || text('browsers.unknown')} max={120} />;
}
