/*
 * Which node makes a round's list, by Koii's algorithm (namespace-wrapper
 * 1.0.23, nodeSelectionDistributionList). Every wrapper must name the same
 * node, so it is the same down to the order of properties, which the hashes are
 * over: submissions come here as the chain wrote them.
 *
 * Pure: what the chain says comes as arguments.
 */
'use strict';

(function (library) {
  const { createHash } = library.load('node/crypto');

  const digest_of = (value) =>
    createHash('sha256').update(JSON.stringify(value)).digest('hex');

  const sum_of = (text) =>
    text.split('').reduce((sum, letter) => sum + letter.charCodeAt(0), 0);

  /* Those of the round who submitted in the two rounds before, too; if there
   * are none, all of the round. */
  function candidates_of(submissions, earlier) {
    const keys = Object.keys(submissions);
    const steady = keys.filter((key) =>
      earlier.every((round) => Object.hasOwn(round ?? {}, key)));
    return steady.length > 0 ? steady : keys;
  }

  /* The highest score; the first on ties, and nobody with 0. */
  function select_highest(keys, scores) {
    let best = 0, selected = '';
    keys.forEach((key, at) => {
      if (scores[at] > best) {
        best = scores[at];
        selected = key;
      }
    });
    return selected;
  }

  /* After a failed payout. It looks for the second highest, but takes note only
   * of one that comes after a higher one: scores that rise select nobody. */
  function select_second(keys, scores) {
    let best = -Infinity, second = -Infinity, selected = '';
    keys.forEach((key, at) => {
      const score = scores[at];
      if (score > best) {
        second = best;
        best = score;
      } else if (score > second) {
        second = score;
        selected = key;
      }
    });
    return selected;
  }

  /* submissions: of the round, by key. earlier: those of the rounds before, as
   * far as there are two. distributions: what getTaskDistributionInfo() says,
   * or null. The key, or '' for nobody. */
  return function select_node(round, submissions, earlier, distributions,
    previous_failed) {
    let keys = candidates_of(submissions, earlier);
    if (distributions?.distributions_audit_record?.[round] === 'PayoutFailed') {
      const failed =
        distributions.distribution_rewards_submission?.[round] ?? {};
      keys = keys.filter((key) => !Object.hasOwn(failed, key));
    }
    const whole = sum_of(digest_of(keys.map((key) => submissions[key])));
    const scores = keys.map((key) =>
      Math.abs(whole - sum_of(digest_of({ [key]: submissions[key] }))));
    return (previous_failed ? select_second : select_highest)(keys, scores);
  };
})
