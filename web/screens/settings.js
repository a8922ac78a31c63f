/** The screens of the settings, which are loaded together (routes.js). */
export { default as Settings } from './settings/Settings.jsx';
export { default as TaskSettings } from './settings/TaskSettings.jsx';
