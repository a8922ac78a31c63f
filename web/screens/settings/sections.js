/**
 * The sections of the settings, in their order. Each is a component of this
 * folder that draws what stands below the h1, a text settings.NAME, and a line
 * here.
 *
 * @typedef {{name: string, screen: any, needs?: import('../../core/node.js').Ability
 *            }} Section
 * name: as in #/settings/NAME; needs: what the node can, where not every one
 * can it
 */
import Browsers from './Browsers.jsx';
import Doctor from './Doctor.jsx';
import General from './General.jsx';
import Limits from './Limits.jsx';
import Look from './Look.jsx';
import Network from './Network.jsx';
import Notify from './Notify.jsx';
import Reach from './Reach.jsx';
import Schedules from './Schedules.jsx';
import Storage from './Storage.jsx';
import Variables from './Variables.jsx';
import Wallets from './Wallets.jsx';

/** @type {Section[]} */
export const SECTIONS = [
  { name: 'node', screen: General },
  { name: 'network', screen: Network, needs: 'networks' },
  { name: 'limits', screen: Limits, needs: 'conditions' },
  { name: 'variables', screen: Variables, needs: 'variables' },
  { name: 'schedules', screen: Schedules, needs: 'schedules' },
  { name: 'reach', screen: Reach, needs: 'places' },
  { name: 'storage', screen: Storage, needs: 'services' },
  { name: 'notify', screen: Notify, needs: 'notify' },
  { name: 'wallets', screen: Wallets },
  { name: 'browsers', screen: Browsers },
  { name: 'look', screen: Look },
  { name: 'doctor', screen: Doctor },
];
