// The state of a KPL task, decoded as strictly as K2's clients do: in the order
// of its fields, and an error for any byte that is left.
'use strict';
const assert = require('node:assert/strict');

function decodeTask(data) {
  let at = 0;
  const take = (size) => {
    assert(at + size <= data.length, 'the state ends too early');
    at += size;
    return data.subarray(at - size, at);
  };
  const u8 = () => take(1)[0];
  const u32 = () => take(4).readUInt32LE();
  const u64 = () => take(8).readBigUInt64LE();
  const key = () => [...take(32)];
  const bool = () => {
    const value = u8();
    assert(value <= 1, 'a boolean is 0 or 1');
    return value === 1;
  };
  const str = () => take(u32()).toString();
  const list = (item) => Array.from({ length: u32() }, item);
  const map = (value) => () =>
    Object.fromEntries(list(() => [str(), value()]));
  const struct = (fields) => () => {
    const result = {};
    for (const [name, read] of Object.entries(fields)) result[name] = read();
    return result;
  };
  const submission = (value) => map(map(struct(
    { submission_value: value, slot: u64, round: u64 })));
  const audits = map(map(struct({ trigger_by: key, slot: u64,
    votes: () => list(struct({ is_valid: bool, voter: key, slot: u64 })) })));
  const record = () =>
    ['Uninitialized', 'PayoutSuccessful', 'PayoutFailed'][u8()];
  const state = struct({
    is_allowlisted: bool, is_active: bool, task_name: str,
    task_description: str, task_manager: key, task_audit_program: str,
    stake_pot_account: key, stake_pot_seed: key, stake_pot_bump: u8,
    submissions: submission(str), submissions_audit_trigger: audits,
    total_bounty_amount: u64, bounty_amount_per_round: u64, token_type: key,
    total_stake_amount: u64, minimum_stake_amount: u64,
    available_balances: map(u64), stake_list: map(u64),
    ip_address_list: map(str), round_time: u64, starting_slot: u64,
    audit_window: u64, submission_window: u64, task_executable_network: str,
    distribution_rewards_submission: submission(key),
    distributions_audit_trigger: audits,
    distributions_audit_record: map(record), task_metadata: str,
    task_vars: str, is_migrated: bool, migrated_to: str,
    allowed_failed_distributions: u64,
  })();
  assert.equal(at, data.length, 'bytes are left after the state');
  return state;
}

module.exports = { decodeTask };
