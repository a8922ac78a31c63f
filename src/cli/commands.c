#include "cli/commands.h"

#include <stddef.h>

const struct command *const commands[] = {
    &command_wallet_new,        &command_wallet_import,   &command_wallet_show,
    &command_wallet_balance,    &command_wallet_transfer, &command_airdrop,
    &command_store_add,         &command_store_get,       &command_store_ls,
    &command_store_pin,         &command_store_unpin,     &command_store_gc,
    &command_store_stat,        &command_chain_slot,      &command_chain_block,
    &command_chain_transaction, &command_chain_account,   NULL,
};
