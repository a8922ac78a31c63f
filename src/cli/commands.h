/*
 * The commands that the files of this folder define; commands.c puts them in
 * order.
 */
#ifndef POND_CLI_COMMANDS_H
#define POND_CLI_COMMANDS_H

#include "cli/command.h"

/* Servers, each with a file of its own, and what looks after a machine. */
extern const struct command command_up;
extern const struct command command_validator;
extern const struct command command_node;
extern const struct command command_doctor;
extern const struct command command_completion;
extern const struct command command_node_status;
/* page.c */
extern const struct command command_page;
extern const struct command command_report;

/* notifications.c */
extern const struct command command_notifications_list;
extern const struct command command_notifications_read;
extern const struct command command_notifications_clear;
extern const struct command command_node_restart;
/* node_settings.c */
extern const struct command command_node_settings;
extern const struct command command_node_set;
extern const struct command command_node_use;
/* node_places.c */
extern const struct command command_node_reach;
extern const struct command command_node_storage;
extern const struct command command_node_gateway;
extern const struct command command_notifications_test;
extern const struct command command_node_logs; /* logs.c */
extern const struct command command_airdrop;

/* network.c: networks by name. */
extern const struct command command_network_list;
extern const struct command command_network_show;
extern const struct command command_network_add;
extern const struct command command_network_remove;
extern const struct command command_network_use;
extern const struct command command_network_test;

/* service.c: a server that systemd starts. */
extern const struct command command_service_install;
extern const struct command command_service_uninstall;
extern const struct command command_service_status;

/* snapshot.c: a validator's folder, without the validator. */
extern const struct command command_snapshot_create;
extern const struct command command_snapshot_list;
extern const struct command command_snapshot_verify;
extern const struct command command_snapshot_restore;

/* wallet.c: one key file. */
extern const struct command command_wallet_new;
extern const struct command command_wallet_import;
extern const struct command command_wallet_show;
extern const struct command command_wallet_balance;
extern const struct command command_wallet_transfer;

/* wallet_account.c: the accounts of a node's folder. */
extern const struct command command_wallet_list;
extern const struct command command_wallet_use;
extern const struct command command_wallet_empty_staking;
extern const struct command command_wallet_rename;
extern const struct command command_wallet_remove;
extern const struct command command_wallet_export;
extern const struct command command_wallet_phrase;

/* wallet_seal.c: passphrases. */
extern const struct command command_wallet_seal;
extern const struct command command_wallet_unseal;
extern const struct command command_wallet_passphrase;

/* Tasks: new, create, simulate and dev are for their authors (task_new.c,
 * task_create.c, task_simulate.c, task_dev.c); list to deactivate are about the
 * chain (task_chain.c); stake, unstake and claim are a node's coins
 * (task_stake.c, task_claim.c); start and stop talk to a node that runs
 * (task_run.c); logs reads what it wrote (logs.c). */
extern const struct command command_task_new;
extern const struct command command_task_build;
extern const struct command command_task_check;
extern const struct command command_task_create;
extern const struct command command_task_update;
extern const struct command command_task_list;
extern const struct command command_task_show;
extern const struct command command_task_fund;
extern const struct command command_task_activate;
extern const struct command command_task_deactivate;
extern const struct command command_task_simulate;
extern const struct command command_task_dev;
extern const struct command command_task_stake;
extern const struct command command_task_unstake;
extern const struct command command_task_start;
extern const struct command command_task_stop;
extern const struct command command_task_archive;
extern const struct command command_task_leave;
extern const struct command command_task_upgrade;
extern const struct command command_task_logs;
extern const struct command command_task_claim;

/* earnings.c: the node's account book. */
extern const struct command command_earnings;

/* conditions.c: what the owner of the machine allows. */
extern const struct command command_conditions;
extern const struct command command_conditions_set;

/* limits.c: what single tasks may take. */
extern const struct command command_limits;
extern const struct command command_limits_set;

/* schedule.c: the hours in which tasks run. */
extern const struct command command_schedule_add;
extern const struct command command_schedule_list;
extern const struct command command_schedule_enable;
extern const struct command command_schedule_disable;
extern const struct command command_schedule_remove;
extern const struct command command_schedule_clear;

/* variable.c: what tasks need to know of their operator, kept by the node. */
extern const struct command command_variable_set;
extern const struct command command_variable_list;
extern const struct command command_variable_remove;
extern const struct command command_variable_pair;
extern const struct command command_variable_unpair;

/* dev.c: a private network, bent. */
extern const struct command command_dev_skip;
extern const struct command command_dev_pause;
extern const struct command command_dev_resume;
extern const struct command command_dev_set_balance;
extern const struct command command_dev_set_tokens;
extern const struct command command_dev_clone;

/* The block store: add and get in store_transfer.c, the others in store.c. */
extern const struct command command_store_add;
extern const struct command command_store_get;
extern const struct command command_store_ls;
extern const struct command command_store_pin;
extern const struct command command_store_unpin;
extern const struct command command_store_gc;
extern const struct command command_store_stat;

/* chain.c: what an endpoint answers, as it is. */
extern const struct command command_chain_slot;
extern const struct command command_chain_block;
extern const struct command command_chain_transaction;
extern const struct command command_chain_account;
extern const struct command command_chain_validators;

#endif
