/*
 * The table of commands, in the order in which the help lists them: servers
 * first, then what a newcomer does one after the other, then what looks things
 * up.
 *
 * A command is defined in its own file and named here once. The help, the
 * parser and the suggestions for mistyped names all read this table.
 *
 * Nothing but the help depends on the order: of the commands that a command
 * line begins with, the one with the most words is taken wherever it stands.
 */
#include "cli/commands.h"

#include <stddef.h>

const struct command *const commands[] = {
    &command_up,
    &command_validator,
    &command_node,
    &command_node_status,
    &command_node_logs,
    &command_snapshot_create,
    &command_snapshot_list,
    &command_snapshot_verify,
    &command_snapshot_restore,
    &command_wallet_new,
    &command_wallet_import,
    &command_wallet_show,
    &command_wallet_balance,
    &command_wallet_transfer,
    &command_wallet_seal,
    &command_wallet_unseal,
    &command_wallet_passphrase,
    &command_wallet_list,
    &command_wallet_use,
    &command_wallet_rename,
    &command_wallet_remove,
    &command_wallet_export,
    &command_airdrop,
    &command_task_new,
    &command_task_build,
    &command_task_create,
    &command_task_update,
    &command_task_list,
    &command_task_show,
    &command_task_fund,
    &command_task_activate,
    &command_task_deactivate,
    &command_task_simulate,
    &command_task_stake,
    &command_task_unstake,
    &command_task_start,
    &command_task_stop,
    &command_task_archive,
    &command_task_leave,
    &command_task_upgrade,
    &command_task_logs,
    &command_task_claim,
    &command_earnings,
    &command_notifications_list,
    &command_notifications_read,
    &command_notifications_clear,
    &command_variable_set,
    &command_variable_list,
    &command_variable_remove,
    &command_variable_pair,
    &command_variable_unpair,
    &command_dev_skip,
    &command_dev_pause,
    &command_dev_resume,
    &command_dev_set_balance,
    &command_store_add,
    &command_store_get,
    &command_store_ls,
    &command_store_pin,
    &command_store_unpin,
    &command_store_gc,
    &command_store_stat,
    &command_chain_slot,
    &command_chain_block,
    &command_chain_transaction,
    &command_chain_account,
    &command_service_install,
    &command_service_uninstall,
    &command_service_status,
    &command_doctor,
    &command_completion,
    NULL,
};
