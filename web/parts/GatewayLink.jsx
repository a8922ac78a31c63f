import { node } from '../core/node.js';
import { text } from '../core/text.js';
import { Icon } from './Icon.jsx';

const HERE = /^(127\.[\d.]+|\[::1\]|localhost)$/;

/**
 * The whole of what a CID names, on the node's own gateway: another origin, of
 * this CID alone, that knows nothing of this page. None where this browser does
 * not reach it.
 *
 * @param {{cid: string, path?: string, isQuiet?: boolean}} props
 */
export function GatewayLink({ cid, path = '', isQuiet }) {
  const port = node.value?.gateway_port;
  if (!port || !HERE.test(location.hostname) ||
      !/^baf[a-z2-7]{20,60}$/.test(cid)) // a name may have 63 letters
    return null;
  const inside = path.split('/').map(encodeURIComponent).join('/');
  return (
    <a class={`button ${isQuiet ? 'quiet' : 'plain'}`} target="_blank"
      rel="noopener noreferrer"
      href={`http://${cid}.ipfs.localhost:${port}/ipfs/${cid}/${inside}`}>
      <Icon name="out" /><span>{text('evidence.gateway')}</span></a>
  );
}
