/*
 * node:https: the node makes the connections and holds servers to their
 * certificates, so options about certificates change nothing.
 */
'use strict';

(function ({ load }) {
  return load('node/http_functions').complete({
    Agent: load('node/http_agent').SecureAgent }, 'https:');
})
